"""How many agents each hour of the coming week needs, from what came in the weeks before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.metrics.erlang import Aim, Load, Staff, staff_for
from helpdesk.metrics.forecasting import HOURS, BackTest, Expected, back_test, forecast, whole_weeks
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.turns import PastTurns, read_turns

WEEKS = 8


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One hour of the week. `staff` is for the arrivals that are expected, `busy` for those of a busy one."""

    expected: Expected
    staff: Staff
    busy: Staff


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`hours` by (weekday from Monday 0, hour of the day in the period's zone)."""

    period: Period
    arrivals: int
    hours: Mapping[tuple[int, int], Hour]
    tested: BackTest | None

    @property
    def hours_planned(self) -> int:
        """Hours of agents in the roster, over the week."""
        return sum(hour.staff.planned for hour in self.hours.values())


def past_turns(scope: Scope, *, zone: str, at: datetime) -> PastTurns:
    """Of the last WEEKS whole weeks in the zone."""
    return read_turns(scope, whole_weeks(at.astimezone(ZoneInfo(zone)).date(), wanted=WEEKS), zone=zone, at=at)


def plan(turns: PastTurns, *, aim: Aim, handle_time: float) -> Plan:
    """`handle_time` is the hours of work that one reply takes. Raises InvalidInput."""
    arrivals = turns.arrivals_by_hour()
    # Weeks before the first customer say nothing of those to come.
    weeks = [w for w in turns.weeks if any(day < w + timedelta(days=7) for day, _ in arrivals)] or turns.weeks[-1:]
    expected = forecast(arrivals, weeks)
    return Plan(
        period=turns.period_from(weeks),
        arrivals=sum(arrivals.values()),
        hours={one: _hour(expected[one], aim, handle_time) for one in HOURS},
        tested=back_test(arrivals, weeks),
    )


def _hour(expected: Expected, aim: Aim, handle_time: float) -> Hour:
    return Hour(
        expected=expected,
        staff=staff_for(Load(arrivals=expected.mean, handle_time=handle_time), aim),
        busy=staff_for(Load(arrivals=expected.high, handle_time=handle_time), aim),
    )
