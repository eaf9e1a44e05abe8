"""Business time: when so much open time has passed, and how much passed between two instants.

Pure. Instants are aware, in and out; results are UTC. `hours=None` means that all hours count.

Opening times are said on the wall clock of one zone. An interval belongs to the day it starts on, also when it
runs past midnight, so closing a Saturday leaves Friday's night shift whole. It opens at the first instant at which
the wall clock shows its opening time or later, and closes at the first instant at which it shows its closing time
or later: a time skipped in spring falls together with the skip, a repeated hour in autumn counts once over and the
hours around it last longer. Open time is half-open, [open, close).

Each UTC year of a calendar is laid out once (open_years.py); every question is then a binary search.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.errors import InvalidInput
from helpdesk.sla.open_years import MICROSECOND, OpenYear, instant, microseconds

YEAR = dt.timedelta(days=366)


class NeverOpen(InvalidInput):
    """The calendar has no open time within a year."""

    def __init__(self) -> None:
        super().__init__("These hours never open within a year.", field="weekly")


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Open from `opens` to `closes` on the wall clock; a closing time not after the opening is on the next day.

    From 09:00 to 00:00 ends at midnight, and from 00:00 to 00:00 is the whole day.
    """

    opens: dt.time
    closes: dt.time

    @classmethod
    def parse(cls, opens: str, closes: str) -> "Interval":
        """From "09:00" and "18:00". Raises InvalidInput."""
        return cls(opens=_wall_time(opens), closes=_wall_time(closes))


Day = tuple[Interval, ...]
CLOSED: Day = ()


@dataclass(frozen=True, kw_only=True)
class BusinessHours:
    """Opening hours of one calendar version.

    `weekly` has seven days, Monday first. `exceptions` replace the hours of one date and go before `holidays`,
    which close theirs; `holidays` are codes of countries or regions, as "GB-ENG" or "FR".
    Raises InvalidInput for an unknown zone, a week that has not seven days, or a date that is centuries away.
    """

    zone: str = "UTC"
    weekly: tuple[Day, ...]
    exceptions: tuple[tuple[dt.date, Day], ...] = ()
    holidays: tuple[str, ...] = ()
    _years: dict[int, "OpenYear"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise InvalidInput("A week has seven days.", field="weekly")
        if not all(1970 <= date.year <= 2100 for date, _ in self.exceptions):
            raise InvalidInput("Dates are between 1970 and 2100.", field="exceptions")
        zone_named(self.zone)

    def day(self, date: dt.date) -> Day:
        """The intervals that start on this local date."""
        exceptions = dict(self.exceptions)
        if date in exceptions:
            return exceptions[date]
        if any(date in public_holidays(code, date.year) for code in self.holidays):
            return CLOSED
        return self.weekly[date.weekday()]


def due_at(started_at: dt.datetime, target: dt.timedelta, hours: BusinessHours | None) -> dt.datetime:
    """When `target` of open time has passed since `started_at`.

    A target that runs out exactly at closing is due at that closing instant. No target is due at once.
    Raises NeverOpen when a year passes without open time before that.
    """
    if target < dt.timedelta(0):
        raise ValueError("a target is not negative")
    started_at = started_at.astimezone(dt.UTC)
    if hours is None or not target:
        return started_at + target
    open_year = _open_year(hours, started_at.year)
    wanted = open_year.opened_before(microseconds(started_at)) + target // MICROSECOND
    while wanted > open_year.opened:
        wanted -= open_year.opened
        closed_from = max(started_at, instant(open_year.closes_last))
        open_year = _open_year(hours, next_opening(closed_from, hours).year)
    return instant(open_year.instant_after(wanted))


add = due_at


def between(a: dt.datetime, b: dt.datetime, hours: BusinessHours | None) -> dt.timedelta:
    """How much open time lies in [a, b); nothing when `b` is not after `a`."""
    if b <= a:
        return dt.timedelta(0)
    if hours is None:
        return b - a
    a, b = a.astimezone(dt.UTC), b.astimezone(dt.UTC)
    whole_years = sum(_open_year(hours, year).opened for year in range(a.year, b.year))
    before_a = _open_year(hours, a.year).opened_before(microseconds(a))
    before_b = _open_year(hours, b.year).opened_before(microseconds(b))
    return dt.timedelta(microseconds=whole_years + before_b - before_a)


def is_open(at: dt.datetime, hours: BusinessHours | None) -> bool:
    return hours is None or _open_year(hours, at.astimezone(dt.UTC).year).is_open(microseconds(at))


def next_opening(at: dt.datetime, hours: BusinessHours | None) -> dt.datetime:
    """The first open instant from `at` on: `at` itself when it is open. Raises NeverOpen."""
    at = at.astimezone(dt.UTC)
    if hours is None:
        return at
    for year in range(at.year, (at + YEAR).year + 1):
        opening = _open_year(hours, year).opening_from(microseconds(at))
        if opening is not None:
            return _within_a_year(at, instant(opening))
    raise NeverOpen


def refuse_never_open(hours: BusinessHours, *, since: dt.datetime) -> None:
    """Raise NeverOpen when, from `since` on, a year can pass without open time, exceptions counted."""
    if not any(hours.weekly):
        raise NeverOpen
    last = max((date.year for date, _ in hours.exceptions), default=since.year)
    closing = since
    for year in range(since.year, max(last, since.year) + 2):
        next_opening(closing, hours)
        closing = max(closing, instant(_open_year(hours, year).closes_last))


def to_definition(hours: BusinessHours) -> dict[str, Any]:
    """As kept in a calendar version.

    {"zone": str, "weekly": [[["09:00", "18:00"]], … seven days, Monday first],
    "exceptions": {"2026-12-24": [["09:00", "12:00"]]}, "holidays": ["GB-ENG"]}
    """
    return {
        "zone": hours.zone,
        "weekly": [_day_to_definition(day) for day in hours.weekly],
        "exceptions": {date.isoformat(): _day_to_definition(day) for date, day in hours.exceptions},
        "holidays": list(hours.holidays),
    }


def from_definition(definition: Mapping[str, Any]) -> BusinessHours:
    """The reverse of `to_definition`. Raises InvalidInput for times that cannot be read."""
    return BusinessHours(
        zone=definition["zone"],
        weekly=tuple(_day_from_definition(day) for day in definition["weekly"]),
        exceptions=_exceptions_from_definition(definition["exceptions"]),
        holidays=tuple(definition["holidays"]),
    )


@lru_cache(maxsize=1024)
def public_holidays(code: str, year: int) -> Mapping[dt.date, str]:
    """Days off in a country ("FR") or region ("GB-ENG"), moved days included, with their names.

    Raises InvalidInput for others.
    """
    # Loading a country takes most of a second; an installation without holidays need not wait for it.
    import holidays

    country, _, region = code.partition("-")
    try:
        return MappingProxyType(dict(holidays.country_holidays(country, subdiv=region or None, years=year)))
    except NotImplementedError:
        raise InvalidInput(f"No public holidays are known for {code!r}.", field="holidays") from None


def _open_year(hours: BusinessHours, year: int) -> OpenYear:
    known = hours._years.get(year)
    if known is None:
        known = hours._years[year] = _lay_out(hours, year)
    return known


def _lay_out(hours: BusinessHours, year: int) -> OpenYear:
    starts = microseconds(dt.datetime(year, 1, 1, tzinfo=dt.UTC))
    ends = microseconds(dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC))
    return OpenYear.of_spans(_spans(hours, year), starts=starts, ends=ends)


def _spans(hours: BusinessHours, year: int) -> Iterator[tuple[int, int]]:
    """Open spans of all local days that can touch the UTC year; zones reach 14 hours off it and a night adds a day."""
    zone = zone_named(hours.zone)
    date = dt.date(year, 1, 1) - dt.timedelta(days=3)
    while date <= dt.date(year + 1, 1, 2):
        for interval in hours.day(date):
            closing_date = date if interval.closes > interval.opens else date + dt.timedelta(days=1)
            yield _first_instant(date, interval.opens, zone), _first_instant(closing_date, interval.closes, zone)
        date += dt.timedelta(days=1)


def _first_instant(date: dt.date, time: dt.time, zone: ZoneInfo) -> int:
    """The first instant at which the wall clock of `zone` shows this time or a later one."""
    wall = dt.datetime.combine(date, time)
    earlier, later = (microseconds(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    # Only a time that the clock skips has its fold 0 after its fold 1 (PEP 495).
    return earlier if earlier <= later else _end_of_skip(wall, zone, later, earlier)


def _end_of_skip(wall: dt.datetime, zone: ZoneInfo, before: int, after: int) -> int:
    """The instant in (before, after] at which the wall clock jumps over `wall`, to the second."""
    second = dt.timedelta(seconds=1) // MICROSECOND
    reached = range(before, after + 1, second)
    return reached[bisect_left(reached, wall, key=lambda t: instant(t).astimezone(zone).replace(tzinfo=None))]


def _within_a_year(at: dt.datetime, opening: dt.datetime) -> dt.datetime:
    if opening - at > YEAR:
        raise NeverOpen
    return opening


def zone_named(name: str) -> ZoneInfo:
    """Raises InvalidInput."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidInput(f"There is no time zone {name!r}.", field="zone") from None


def _wall_time(text: str) -> dt.time:
    try:
        time = dt.time.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a time such as 09:00.", field="weekly") from None
    # ISO 8601 knows more ways to write a time than people should have to read.
    if f"{time:%H:%M}" != text:
        raise InvalidInput(f"{text!r} is not a time such as 09:00.", field="weekly")
    return time


def _day_to_definition(day: Day) -> list[list[str]]:
    return [[f"{interval.opens:%H:%M}", f"{interval.closes:%H:%M}"] for interval in day]


def _day_from_definition(day: Sequence[Sequence[str]]) -> Day:
    if any(len(interval) != 2 for interval in day):
        raise InvalidInput("Opening hours have an opening and a closing time.", field="weekly")
    return tuple(Interval.parse(opens, closes) for opens, closes in day)


def _exceptions_from_definition(exceptions: Mapping[str, Sequence[Sequence[str]]]) -> tuple[tuple[dt.date, Day], ...]:
    return tuple((_date(date), _day_from_definition(day)) for date, day in sorted(exceptions.items()))


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a date such as 2026-12-24.", field="exceptions") from None
