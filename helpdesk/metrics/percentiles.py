"""Percentiles of many groups at once. Pure.

A percentile lies between the two nearest ranks, in proportion, as PostgreSQL's `percentile_cont`. Values are sorted
once for all percentiles: to find four of them each for itself takes eight times as long.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.columns import Groups


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranked:
    """Values in growing order within each group, one group after the other; no group is empty."""

    values: NDArray[np.float64]
    begins: NDArray[np.int64]
    counts: NDArray[np.int64]

    def percentile(self, share: float) -> NDArray[np.float64]:
        """Of each group; `share` from 0 to 1."""
        places = (self.counts - 1) * share
        below = np.floor(places).astype(np.int64)
        low = self.values[self.begins + below]
        high = self.values[self.begins + np.minimum(below + 1, self.counts - 1)]
        found: NDArray[np.float64] = low + (high - low) * (places - below)
        return found


def ranked_apart(values: NDArray[np.float64], groups: Groups) -> Ranked:
    values = values[groups.order]
    for _, group in groups.slices():
        values[group].sort()
    return Ranked(values=values, begins=groups.begins, counts=groups.counts)


def percentiles(values: NDArray[np.float64], shares: Iterable[float]) -> list[float]:
    """Of at least one value, whatever their order."""
    one = Ranked(values=np.sort(values), begins=np.zeros(1, dtype=np.int64), counts=np.array([len(values)]))
    return [float(one.percentile(share)[0]) for share in shares]
