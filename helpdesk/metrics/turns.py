"""When customers began to wait for a reply."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.facts import FIRST_DAY, HOUR
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.reading import read_facts
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.wall_clocks import wall_clock


def arrivals_by_hour(scope: Scope, period: Period, *, at: datetime) -> dict[tuple[date, int], int]:
    """(day, hour of the day) in the period's zone → turns that began then; hours without any are left out.

    Whoever answered them. A turn ends after it began, or still runs: what is read are those that ended since.
    """
    last = max(period.last, at.astimezone(ZoneInfo(period.zone)).date())
    turns = read_facts(
        Question(scope=replace(scope, agent_id=None), measure=Measure.REPLY, period=replace(period, last=last), at=at)
    )
    began = turns.started
    began = began[(began >= period.since.timestamp()) & (began < period.until.timestamp())]
    # A day earlier: where clocks go back at midnight, an hour of the day before comes twice.
    first = 24 * ((period.first - FIRST_DAY).days - 1)
    hours = np.floor_divide(wall_clock(began, period.zone), HOUR).astype(np.int64)
    counts = np.bincount(hours - first)
    return {_place(first + hour): int(counts[hour]) for hour in np.flatnonzero(counts).tolist()}


def _place(hour: int) -> tuple[date, int]:
    return FIRST_DAY + timedelta(days=hour // 24), hour % 24
