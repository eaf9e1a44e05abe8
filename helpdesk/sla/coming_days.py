"""The next days of a calendar, for a person to see whether the hours are what was meant."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from helpdesk.sla.calendar import BusinessHours, Day, between, public_holidays

TWO_WEEKS = 14


@dataclass(frozen=True, kw_only=True)
class ComingDay:
    """One local date. `why` says what makes it unlike the week, "" where nothing does."""

    date: dt.date
    day: Day
    why: str
    opened: dt.timedelta
    """Open time between this midnight and the next, a night before included; clock changes counted."""


def coming_days(hours: BusinessHours, *, at: dt.datetime, days: int = TWO_WEEKS) -> list[ComingDay]:
    """From the date it is at `at` in the calendar's zone."""
    zone = ZoneInfo(hours.zone)
    first = at.astimezone(zone).date()
    return [_coming(hours, first + dt.timedelta(days=n), zone) for n in range(days)]


def _coming(hours: BusinessHours, date: dt.date, zone: ZoneInfo) -> ComingDay:
    midnight, next_midnight = (dt.datetime.combine(day, dt.time(), zone) for day in (date, date + dt.timedelta(days=1)))
    return ComingDay(
        date=date, day=hours.day(date), why=_why(hours, date), opened=between(midnight, next_midnight, hours)
    )


def _why(hours: BusinessHours, date: dt.date) -> str:
    if date in dict(hours.exceptions):
        return "its own hours"
    return next((name for code in hours.holidays if (name := public_holidays(code, date.year).get(date))), "")
