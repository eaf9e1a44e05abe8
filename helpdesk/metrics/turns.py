"""The turns of the last weeks, read once: when customers began to wait, and how long those that were answered did."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.facts import FIRST_DAY, HOUR, Facts
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.reading import read_facts
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.wall_clocks import wall_clock


@dataclass(frozen=True, kw_only=True)
class PastTurns:
    """What ended since the first of these weeks began, or still runs, whoever answered; weeks begin on Mondays.

    What began in them ended after that, or runs: of what began nothing is missing.
    """

    scope: Scope
    weeks: list[date]
    zone: str
    at: datetime
    facts: Facts

    def period_from(self, weeks: list[date]) -> Period:
        """From the first of these weeks to the end of the last."""
        return Period(first=weeks[0], last=weeks[-1] + timedelta(days=6), zone=self.zone)

    def answered_in(self, period: Period) -> Facts:
        """Those whose reply came in the period, which begins in the first week or later."""
        answered = self.facts.answered
        return answered.at(_lies_in(answered.stopped, period))

    def arrivals_by_hour(self) -> dict[tuple[date, int], int]:
        """(day, hour of the day) in the zone → turns that began then, in the weeks; hours without any are left out."""
        period = self.period_from(self.weeks)
        began = self.facts.started
        began = began[_lies_in(began, period)]
        # A day earlier: where clocks go back at midnight, an hour of the day before comes twice.
        first = 24 * ((period.first - FIRST_DAY).days - 1)
        hours = np.floor(wall_clock(began, period.zone)).astype(np.int64) // HOUR
        counts = np.bincount(hours - first)
        return {_place(first + hour): int(counts[hour]) for hour in np.flatnonzero(counts).tolist()}


def read_turns(scope: Scope, weeks: list[date], *, zone: str, at: datetime) -> PastTurns:
    """`weeks` are Mondays, one after the other, the last of a week that is over at `at`."""
    today = at.astimezone(ZoneInfo(zone)).date()
    period = Period(first=weeks[0], last=today, zone=zone)
    asked = Question(scope=replace(scope, agent_id=None), measure=Measure.REPLY, period=period, at=at)
    return PastTurns(scope=scope, weeks=weeks, zone=zone, at=at, facts=read_facts(asked))


def _lies_in(instants: NDArray[np.float64], period: Period) -> NDArray[np.bool_]:
    return (instants >= period.since.timestamp()) & (instants < period.until.timestamp())


def _place(hour: int) -> tuple[date, int]:
    return FIRST_DAY + timedelta(days=hour // 24), hour % 24
