"""How many customers will begin to wait in each hour of the coming week, and how well that was foretold before. Pure.

The forecast of an hour is the mean of the same hour of the week in the weeks before; with so few of them nothing more
can be learnt honestly. Its interval is that of a count whose rate is known from those weeks only (the predictive
distribution of a Poisson count under Jeffreys' prior, a negative binomial).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

HOURS = [(weekday, hour) for weekday in range(7) for hour in range(24)]
INSIDE = 0.8
"""The part of hours that is to lie within the interval."""

Arrivals = Mapping[tuple[date, int], int]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Arrivals in one hour of the week; `low` and `high` enclose at least INSIDE of what may come."""

    mean: float
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """The last week, foretold from the weeks before it.

    `error` is the sum of the absolute errors by the sum of the arrivals; None: nobody came. `inside` is the part of
    the hours whose arrivals lay in the interval.
    """

    week: date
    foretold: float
    came: int
    error: float | None
    inside: float


def forecast(arrivals: Arrivals, weeks: Sequence[date]) -> dict[tuple[int, int], Expected]:
    """(weekday from Monday 0, hour) → what is expected, by whole weeks that begin on these Mondays."""
    return {
        (weekday, hour): _expected([arrivals.get((week + timedelta(days=weekday), hour), 0) for week in weeks])
        for weekday, hour in HOURS
    }


def back_test(arrivals: Arrivals, weeks: Sequence[date]) -> BackTest | None:
    """None with fewer than two whole weeks."""
    if len(weeks) < 2:
        return None
    *before, last = weeks
    foretold = forecast(arrivals, before)
    came = {(weekday, hour): arrivals.get((last + timedelta(days=weekday), hour), 0) for weekday, hour in HOURS}
    whole = sum(came.values())
    missed = sum(abs(foretold[one].mean - came[one]) for one in HOURS)
    inside = sum(foretold[one].low <= came[one] <= foretold[one].high for one in HOURS)
    return BackTest(
        week=last,
        foretold=sum(expected.mean for expected in foretold.values()),
        came=whole,
        error=missed / whole if whole else None,
        inside=inside / len(HOURS),
    )


def whole_weeks(today: date, *, wanted: int) -> list[date]:
    """The Mondays of the last whole weeks before today, oldest first."""
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in range(wanted, 0, -1)]


def _expected(counts: Sequence[int]) -> Expected:
    low, high = _interval(sum(counts), len(counts))
    return Expected(mean=sum(counts) / len(counts), low=low, high=high)


# Few counts come in the hours of a week, and the same in the next plan; of a busy hour it takes long.
@lru_cache(maxsize=10_000)
def _interval(count: int, weeks: int) -> tuple[int, int]:
    """The counts between which the middle part INSIDE of a negative binomial lies, after `count` in so many weeks."""
    shape, outside = count + 0.5, (1 - INSIDE) / 2
    # As logarithms: the chance of none at all may be smaller than a number can be.
    log_chance = shape * math.log(weeks / (weeks + 1))
    below, n, low = 0.0, 0, -1
    while True:
        chance = math.exp(log_chance)
        if low < 0 and below + chance > outside:
            low = n
        below += chance
        if below >= 1 - outside:
            return low, n
        n += 1
        log_chance += math.log((shape + n - 1) / n / (weeks + 1))
