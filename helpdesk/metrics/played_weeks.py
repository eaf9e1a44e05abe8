"""The last whole weeks played through with other staff, and as they were, beside what was measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from helpdesk.metrics.erlang import Aim
from helpdesk.metrics.facts import FIRST_DAY, HOUR, Facts
from helpdesk.metrics.lazy_columns import Groups
from helpdesk.metrics.periods import Period
from helpdesk.metrics.reading import read_at_tickets
from helpdesk.metrics.simulating import STEP, Played, drawn_from, exponential, play, told
from helpdesk.metrics.staffing import Plan
from helpdesk.metrics.turns import PastTurns

WEEKS = 4
SEED = 20_261_129
ENOUGH = 30
"""Handle times below which the typed one is believed."""

_TAIL = timedelta(days=7)
"""For so long after the last week a plan still answers what is left."""


@dataclass(frozen=True, kw_only=True)
class PlayedWeeks:
    """`as_it_was` is the model's own error beside `measured`; `tried` is with the number that was asked for.

    `draws` is how many handle times were recorded; 0: the typed one was used, exponential.
    """

    period: Period
    measured: Played
    as_it_was: Played
    planned: Played
    tried: Played | None
    draws: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """How long agents were at a ticket in the last weeks, in seconds, one for each ticket, in no order; and how many
    replies that gave."""

    period: Period
    seconds: NDArray[np.float64]
    replies: int

    @property
    def is_enough(self) -> bool:
        return len(self.seconds) >= ENOUGH and self.replies > 0


def recorded_work(turns: PastTurns) -> Recorded:
    """By the heartbeats of the console."""
    period = turns.period_from(turns.weeks[-WEEKS:])
    return Recorded(
        period=period,
        seconds=read_at_tickets(turns.scope, period).seconds,
        replies=len(turns.answered_in(period)),
    )


def play_weeks(
    turns: PastTurns, plan: Plan, *, recorded: Recorded, aim: Aim, handle_time: float, agents: int | None
) -> PlayedWeeks | None:
    """`handle_time` in hours. None where nothing was answered in those weeks.

    Played are the turns that began and were answered in them: what was never answered cannot be compared.
    """
    first = max(plan.period.first, plan.period.last - timedelta(days=7 * WEEKS - 1))
    period = Period(first=first, last=plan.period.last, zone=plan.period.zone)
    since = period.since.timestamp()
    answered = turns.answered_in(period)
    answered = answered.at(answered.started >= since)
    if not len(answered):
        return None
    times = recorded.seconds[recorded.seconds > 0]
    work = _Work(recorded=times if len(times) >= ENOUGH else times[:0], n=len(answered), hours=handle_time)
    within = aim.within * 3600

    def played(at_work: Callable[[date, int], int]) -> Played:
        servers = np.array(_servers(period, at_work, aim.concurrency))
        return _played(answered.started - since, servers, work, within)

    working = {one: hour.staff.working for one, hour in plan.hours.items()}
    were_there = _were_there(answered)
    return PlayedWeeks(
        period=period,
        measured=told(answered.clock_seconds, within=within),
        as_it_was=played(lambda day, hour: were_there.get((day, hour), 0)),
        planned=played(lambda day, hour: working[day.weekday(), hour]),
        tried=played(lambda day, hour: agents if working[day.weekday(), hour] else 0) if agents else None,
        draws=len(work.recorded),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Work:
    """How long `n` replies take: a recorded time each, by how many answers such a time gave; without any recorded, one
    drawn around `hours`."""

    recorded: NDArray[np.float64]
    n: int
    hours: float

    def drawn(self) -> list[float]:
        """In seconds; the same whenever it is asked."""
        if not len(self.recorded):
            draw = exponential(self.hours * 3600)
        else:
            draw = drawn_from(np.sort(self.recorded).tolist(), scale=min(1.0, len(self.recorded) / self.n))
        return draw(Random(SEED), self.n)  # noqa: S311  (no secret)


def _played(arrivals: NDArray[np.float64], servers: NDArray[np.int64], work: _Work, within: float) -> Played:
    """Played once: the same weeks come again with each aim that is tried, and are over."""
    key = (work.hours, within, sha256(servers.tobytes()).digest(), _unordered(work.recorded), _unordered(arrivals))
    found = _remembered.get(key)
    if found is None:
        found = told(play(np.sort(arrivals).tolist(), servers.tolist(), work.drawn()), within=within)
        _remembered[key] = found
    return found


def _unordered(numbers: NDArray[np.float64]) -> tuple[int, int]:
    """What tells these numbers from others, in whatever order they come; to sort them takes five times as long.

    How many they are, and the sum of their bits, which are stirred first (the finisher of SplitMix64).
    """
    bits = numbers.view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return len(numbers), int((bits ^ (bits >> np.uint64(31))).sum())


_remembered: LRUCache[tuple[object, ...], Played] = LRUCache(maxsize=256)


def _were_there(answered: Facts) -> Mapping[tuple[date, int], int]:
    """(day, hour) → how many agents answered in it, and in this way are known to have been at work."""
    hours, width = answered.stopped_in(HOUR), int(answered.agent_id.max()) + 1
    first = int(hours.min())
    # Each of them once in an hour.
    by_hour = Groups(Groups((hours - first) * width + answered.agent_id).keys // width)
    return {
        (FIRST_DAY + timedelta(days=(first + hour) // 24), (first + hour) % 24): n
        for hour, n in zip(by_hour.keys.tolist(), by_hour.counts.tolist(), strict=True)
    }


def _servers(period: Period, at_work: Callable[[date, int], int], concurrency: int) -> list[int]:
    """Of each STEP of the period and some days after."""
    zone, step = ZoneInfo(period.zone), timedelta(seconds=STEP)
    begin = period.since.astimezone(ZoneInfo("UTC"))
    found = []
    for number in range(int((period.until - period.since + _TAIL) / step)):
        local = (begin + number * step).astimezone(zone)
        found.append(at_work(local.date(), local.hour) * concurrency)
    return found
