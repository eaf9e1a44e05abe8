"""Intervals as columns: what every number of response times is counted from."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Outcome
from helpdesk.sla.models import ClockKind

KINDS = tuple(ClockKind)
"""A kind of clock is told by its place here."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """Columns of one length; at one place of all of them stands one interval, in no order.

    Numbers that are not there are NaN, ids 0. Seconds are of clock time from the start to the stop, or to the instant
    that was asked about, and of business time for what has stopped. `local` is when it stopped: seconds since 1970 of
    the wall clock in the period's zone.
    """

    clock_id: NDArray[np.int64]
    kind: NDArray[np.int64]
    agent_id: NDArray[np.int64]
    account_id: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    """The sum of `flag_of` those that it came to."""
    clock_seconds: NDArray[np.float64]
    business_seconds: NDArray[np.float64]
    target_seconds: NDArray[np.float64]
    local: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.clock_id)

    def at(self, places: NDArray[np.bool_] | NDArray[np.int64]) -> "Facts":
        return Facts(**{field.name: getattr(self, field.name)[places] for field in fields(self)})

    def of_kinds(self, kinds: tuple[ClockKind, ...]) -> "Facts":
        return self.at(np.isin(self.kind, [KINDS.index(kind) for kind in kinds]))

    def came_to(self, outcome: Outcome) -> NDArray[np.bool_]:
        return (self.outcomes & flag_of(outcome)).astype(np.bool_)

    @property
    def answered(self) -> "Facts":
        return self.at(self.came_to(Outcome.ANSWERED))

    def seconds(self, basis: Basis) -> NDArray[np.float64]:
        return self.clock_seconds if basis is Basis.CLOCK else self.business_seconds

    def apart(self, keys: NDArray[np.int64]) -> Iterator[tuple[int, "Facts"]]:
        """(key, the facts at whose places it stands) by growing key."""
        order = np.argsort(keys, kind="stable")
        found, counts = np.unique(keys, return_counts=True)
        ends = np.cumsum(counts)
        for key, begin, end in zip(found, ends - counts, ends, strict=True):
            yield int(key), self.at(order[begin:end])


def flag_of(outcome: Outcome) -> int:
    return 1 << tuple(Outcome).index(outcome)
