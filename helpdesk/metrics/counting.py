"""Figures of intervals, exact: counts, times, the distribution, an estimate with who still waits, touches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Outcome, Touch
from helpdesk.metrics.facts import DAY, FIRST_DAY, HOUR, Facts, Resolutions, flag_of
from helpdesk.metrics.lazy_columns import Groups
from helpdesk.metrics.percentiles import percentiles, ranked_apart
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Bar, DayFigures, Estimate, Figures, HourFigures, Times
from helpdesk.metrics.workload import Resolved

SHARES = (0.5, 0.9, 0.95, 0.99)

_MINUTE = 60.0
EDGES = tuple(_MINUTE * m for m in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 240, 480, 1440, 2880))
"""Seconds at which a bar of the distribution ends and the next begins; the scale widens to the right."""

_WEEK_HOURS = 7 * 24


def figures(facts: Facts) -> Figures:
    counts = counts_of(facts)
    answered = facts.answered
    # Both pass by what is not a number.
    least, most = (float(of.reduce(facts.target_seconds, initial=np.nan)) for of in (np.fmin, np.fmax))
    return Figures(
        n=counts[Outcome.ANSWERED],
        clock=times_of(answered.clock_seconds),
        business=times_of(answered.business_seconds),
        waiting=counts[Outcome.WAITING],
        unanswered=counts[Outcome.UNANSWERED],
        kept=counts[Outcome.KEPT],
        broken=counts[Outcome.BROKEN],
        target_seconds=int(least) if least == most else None,
    )


def counts_of(facts: Facts) -> dict[Outcome, int]:
    """How many came to each outcome; one interval may come to several."""
    alike = np.bincount(facts.outcomes, minlength=1 << len(Outcome)).tolist()
    return {one: sum(n for flags, n in enumerate(alike) if flags & flag_of(one)) for one in Outcome}


def figures_by_agent(facts: Facts) -> dict[int, Figures]:
    """By whose the intervals are; NOBODY too."""
    return {agent_id: figures(theirs) for agent_id, theirs in facts.apart(facts.agent_id)}


def medians_by_agent(facts: Facts, basis: Basis) -> dict[int, list[float]]:
    """agent id → the median of each day on which they answered, oldest first."""
    answered = facts.answered
    if not len(answered):
        return {}
    days = answered.stopped_in(DAY)
    days = days - days.min()
    width = int(days.max()) + 1
    groups = Groups(answered.agent_id * width + days)
    medians = ranked_apart(answered.seconds(basis), groups).percentile(0.5)
    found: dict[int, list[float]] = {}
    for key, median in zip(groups.keys.tolist(), medians.tolist(), strict=True):
        found.setdefault(key // width, []).append(median)
    return found


def figures_by_network(facts: Facts, networks: Mapping[int, str]) -> list[tuple[str, Figures]]:
    """(network, its figures), by network; `networks` are those of the accounts, by id."""
    names = sorted({*networks.values(), ""})
    place = {account_id: names.index(network) for account_id, network in networks.items()}
    account_ids, accounts = np.unique(facts.account_id, return_inverse=True)
    places = np.array([place.get(account_id, 0) for account_id in account_ids.tolist()], dtype=np.int64)
    return [(names[number], figures(those)) for number, those in facts.apart(places[accounts])]


def figures_by_day(facts: Facts, period: Period, basis: Basis) -> list[DayFigures]:
    """One for each day of the period, oldest first; a day begins at midnight in the period's zone."""
    answered = facts.answered
    groups = Groups(answered.stopped_in(DAY))
    times = ranked_apart(answered.seconds(basis), groups)
    columns = (groups.keys, times.percentile(0.5), times.percentile(0.9), groups.counts)
    found = {day: those for day, *those in zip(*(column.tolist() for column in columns), strict=True)}
    days = []
    for day in period.days:
        median, p90, n = found.get((day - FIRST_DAY).days, (None, None, 0))
        days.append(DayFigures(day=day, n=n, median=median, p90=p90))
    return days


def figures_by_hour_of_week(facts: Facts, basis: Basis) -> dict[tuple[int, int], HourFigures]:
    """(weekday from Monday 0, hour of the day) at which answers came, in the period's zone; without any, left out."""
    answered = facts.answered
    # 1970 began on a Thursday.
    hours = (answered.stopped_in(HOUR) + 3 * 24) % _WEEK_HOURS
    groups = Groups(hours)
    medians = ranked_apart(answered.seconds(basis), groups).percentile(0.5)
    late = np.bincount(hours[answered.came_to(Outcome.BROKEN)], minlength=_WEEK_HOURS)
    return {
        divmod(hour, 24): HourFigures(n=n, median=median, late=int(late[hour]))
        for hour, n, median in zip(groups.keys.tolist(), groups.counts.tolist(), medians.tolist(), strict=True)
    }


def distribution(facts: Facts, basis: Basis) -> list[Bar]:
    """How many answers took how long, from the first bar to the last that is not empty."""
    answered = facts.answered
    places = np.searchsorted(EDGES, answered.seconds(basis), side="right")
    counts = np.bincount(places)
    late = np.bincount(places[answered.came_to(Outcome.BROKEN)], minlength=len(counts))
    return [
        Bar(
            from_seconds=EDGES[index - 1] if index else 0.0,
            to_seconds=EDGES[index] if index < len(EDGES) else None,
            n=int(counts[index]),
            late=int(late[index]),
        )
        for index in range(len(counts))
    ]


def estimate(facts: Facts) -> Estimate:
    """Median and ninth decile of all intervals, also those of which it is only known that they took longer.

    At each time t with d answers among n intervals that lasted as long, the part still unanswered falls by
    (1 - d/n); the median is the first time at which it is a half or less.
    """
    is_answer = facts.came_to(Outcome.ANSWERED)
    answered, others = np.sort(facts.clock_seconds[is_answer]), np.sort(facts.clock_seconds[~is_answer])
    begins = np.flatnonzero(np.diff(answered, prepend=-np.inf))
    times, answers = answered[begins], np.diff(begins, append=len(answered))
    lasted = len(answered) - begins + len(others) - np.searchsorted(others, times)
    unanswered = np.cumprod(1 - answers / lasted)

    def first_at_most(part: float) -> float | None:
        # Products of fractions miss a half by a hair.
        reached = np.flatnonzero(unanswered <= part + 1e-9)
        return float(times[reached[0]]) if len(reached) else None

    return Estimate(median=first_at_most(0.5), p90=first_at_most(0.1))


def listed(facts: Facts, outcome: Outcome) -> list[int]:
    """Ids of what came to it: first what is still open, the longest first; then what ended, the latest first."""
    found = facts.at(facts.came_to(outcome))
    order = np.lexsort((found.clock_id, found.started, -np.nan_to_num(found.stopped, nan=np.inf)))
    ids: list[int] = found.clock_id[order].tolist()
    return ids


def resolved(resolutions: Resolutions) -> Resolved:
    return Resolved(
        n=len(resolutions),
        touches={touch: int(np.count_nonzero(resolutions.are_of(touch))) for touch in Touch},
        answers=int(resolutions.answers.sum()),
    )


def times_of(seconds: NDArray[np.float64]) -> Times:
    if not len(seconds):
        return NO_TIMES
    median, p90, p95, p99 = percentiles(seconds, SHARES)
    return Times(mean=float(seconds.mean()), median=median, p90=p90, p95=p95, p99=p99)


NO_TIMES = Times(mean=None, median=None, p90=None, p95=None, p99=None)
