"""Percentiles of many groups at once. Pure.

A percentile lies between the two nearest ranks, in proportion, as PostgreSQL's `percentile_cont`. Of one group only
those ranks are looked for, all at once, which takes a third of sorting it; groups are small, and sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.lazy_columns import Groups


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranked:
    """Values in growing order within each group, one group after the other; no group is empty."""

    values: NDArray[np.float64]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]

    def percentile(self, share: float) -> NDArray[np.float64]:
        """Of each group; `share` from 0 to 1."""
        return _between_ranks(self.values, self.begins, self.counts, share)


def ranked_apart(values: NDArray[np.float64], groups: Groups) -> Ranked:
    values = values[groups.order]
    for _, group in groups.slices():
        values[group].sort()
    return Ranked(values=values, begins=groups.begins, counts=groups.counts)


def percentiles(values: NDArray[np.float64], shares: Sequence[float]) -> list[float]:
    """Of at least one value, whatever their order."""
    below = np.floor((len(values) - 1) * np.array(shares)).astype(np.int64)
    ranks = np.unique([below, np.minimum(below + 1, len(values) - 1)])
    found: list[float] = _between_ranks(np.partition(values, ranks), 0, len(values), np.array(shares)).tolist()
    return found


def _between_ranks(
    values: NDArray[np.float64],
    begins: NDArray[np.int64] | int,
    counts: NDArray[np.int64] | int,
    shares: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """In each group of growing values; of several groups one share, or of one group several."""
    places = (counts - 1) * shares
    below = np.floor(places).astype(np.int64)
    low, high = values[begins + below], values[begins + np.minimum(below + 1, counts - 1)]
    found: NDArray[np.float64] = low + (high - low) * (places - below)
    return found
