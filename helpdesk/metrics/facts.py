"""Intervals as columns: what every number of response times, and of what resolved tickets took, is counted from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Outcome, Touch
from helpdesk.metrics.lazy_columns import Columns
from helpdesk.sla.models import ClockKind

KINDS = tuple(ClockKind)
"""A kind of clock is told by its place here."""

HOUR = 3600
DAY = 24 * HOUR
FIRST_DAY = date(1970, 1, 1)
"""Hours and days are counted from its beginning."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals(Columns):
    """At one place stands one interval, in no order. An id of nobody is 0."""

    clock_id: NDArray[np.int64]
    team_id: NDArray[np.int64]
    agent_id: NDArray[np.int64]

    def named(self, names: Iterable[tuple[int, str]]) -> Iterator[tuple[str, Self]]:
        """(name, the intervals under it) by name; `names` are pairs of a clock's id and a name of its interval.

        One that has several is under each.
        """
        place_of = {clock_id: place for place, clock_id in enumerate(self.clock_id.tolist())}
        places: dict[str, list[int]] = {}
        for clock_id, name in names:
            # What ended after the intervals were read is in none of them.
            if clock_id in place_of:
                places.setdefault(name, []).append(place_of[clock_id])
        for name in sorted(places):
            yield name, self.at(np.array(places[name]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Timed(Intervals):
    """How long each took, and what became of it. Numbers that are not there are NaN.

    Seconds are of clock time from the start to the stop, or to the instant that was asked about, and of business time
    for what has stopped. `started` and `stopped` are in seconds since 1970.
    """

    kind: NDArray[np.int64]
    account_id: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    """The sum of `flag_of` those that it came to."""
    clock_seconds: NDArray[np.float64]
    business_seconds: NDArray[np.float64]
    target_seconds: NDArray[np.float64]
    started: NDArray[np.float64]
    stopped: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts(Timed):
    """With when each stopped by the wall clock in the period's zone, in seconds since its 1970."""

    local: NDArray[np.float64]

    def came_to(self, outcome: Outcome) -> NDArray[np.bool_]:
        return (self.outcomes & flag_of(outcome)).astype(np.bool_)

    @cached_property
    def answered(self) -> "Facts":
        return self.at(self.came_to(Outcome.ANSWERED))

    def stopped_in(self, unit: int) -> NDArray[np.int64]:
        """The hour (3600), or day (86,400), since 1970 of the wall clock in which each stopped, and all have."""
        return np.floor(self.local).astype(np.int64) // unit

    def seconds(self, basis: Basis) -> NDArray[np.float64]:
        return self.clock_seconds if basis is Basis.CLOCK else self.business_seconds


@dataclass(frozen=True, kw_only=True, eq=False)
class Resolutions(Intervals):
    """What resolved tickets took; at one place the interval that a resolve ended."""

    answers: NDArray[np.int64]
    touches: NDArray[np.int64]
    """The sum of `flag_of` those that it is of."""

    def are_of(self, touch: Touch) -> NDArray[np.bool_]:
        return (self.touches & flag_of(touch)).astype(np.bool_)


@cache
def flag_of(one: Outcome | Touch) -> int:
    """A bit of its own among those of its kind."""
    return 1 << list(type(one)).index(one)
