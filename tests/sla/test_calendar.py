"""Business time, against exact cases and against a minute-by-minute walk through the same hours."""

import datetime as dt
import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import holidays as public
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk.errors import InvalidInput
from helpdesk.sla.calendar import (
    CLOSED,
    BusinessHours,
    Day,
    Interval,
    NeverOpen,
    add,
    between,
    due_at,
    from_definition,
    is_open,
    next_opening,
    refuse_never_open,
    to_definition,
)

MINUTE = dt.timedelta(minutes=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def hours(text: str) -> dt.timedelta:
    """From "1:30"."""
    whole, minutes = text.split(":")
    return dt.timedelta(hours=int(whole), minutes=int(minutes))


def day(*intervals: str) -> Day:
    """From "09:00-18:00"."""
    return tuple(Interval.parse(*interval.split("-")) for interval in intervals)


OFFICE = BusinessHours(
    zone="Europe/London",
    weekly=(*[day("09:00-18:00")] * 5, day("10:00-16:00"), CLOSED),
    holidays=("GB-ENG",),
)
LUNCH = BusinessHours(zone="Europe/Berlin", weekly=(*[day("08:00-12:00", "13:00-17:00")] * 5, CLOSED, CLOSED))
NIGHT = BusinessHours(zone="Europe/London", weekly=(day("22:00-06:00"),) * 7)
ALL_DAY = BusinessHours(zone="Europe/London", weekly=(day("00:00-00:00"),) * 7)
FRIDAY_NIGHT = BusinessHours(
    zone="Europe/London",
    weekly=(*[CLOSED] * 4, day("22:00-06:00"), day("10:00-16:00"), CLOSED),
    exceptions=((dt.date(2026, 11, 28), CLOSED),),
)
LATE_EVE = BusinessHours(
    zone="Europe/London",
    weekly=(day("09:00-18:00"),) * 7,
    exceptions=((dt.date(2026, 12, 24), day("09:00-12:00")), (dt.date(2026, 12, 25), day("11:00-12:00"))),
    holidays=("GB-ENG",),
)


@pytest.mark.parametrize(
    ("calendar", "started_at", "target", "expected"),
    [
        pytest.param(None, "2026-11-21 23:00", "2:00", "2026-11-22 01:00", id="without a calendar all hours count"),
        pytest.param(OFFICE, "2026-11-23 09:00", "0:15", "2026-11-23 09:15", id="inside one interval"),
        pytest.param(OFFICE, "2026-11-23 17:45", "0:15", "2026-11-23 18:00", id="running out at closing is due then"),
        pytest.param(OFFICE, "2026-11-23 17:45", "0:16", "2026-11-24 09:01", id="a minute more is due next morning"),
        pytest.param(OFFICE, "2026-11-23 18:00", "0:15", "2026-11-24 09:15", id="a start at closing waits for opening"),
        pytest.param(OFFICE, "2026-11-23 21:10", "0:15", "2026-11-24 09:15", id="a start after closing does too"),
        pytest.param(OFFICE, "2026-11-23 06:00", "0:15", "2026-11-23 09:15", id="a start before opening does too"),
        pytest.param(OFFICE, "2026-11-27 17:50", "0:30", "2026-11-28 10:20", id="Saturday has other hours"),
        pytest.param(OFFICE, "2026-11-28 15:50", "0:30", "2026-11-30 09:20", id="Sunday is closed"),
        pytest.param(OFFICE, "2026-12-24 17:50", "0:30", "2026-12-29 09:20", id="Christmas and a moved Boxing Day"),
        pytest.param(OFFICE, "2026-12-31 17:30", "1:00", "2027-01-02 10:30", id="over the new year, its day closed"),
        pytest.param(OFFICE, "2026-06-22 16:30", "1:00", "2026-06-23 08:30", id="opening hours follow summer time"),
        pytest.param(LUNCH, "2026-11-23 10:30", "1:00", "2026-11-23 12:30", id="around a lunch break"),
        pytest.param(LUNCH, "2026-11-23 10:30", "0:30", "2026-11-23 11:00", id="due when the lunch break begins"),
        pytest.param(NIGHT, "2026-11-23 23:30", "1:00", "2026-11-24 00:30", id="past midnight inside one interval"),
        pytest.param(NIGHT, "2026-11-23 05:30", "1:00", "2026-11-23 22:30", id="from one night to the next"),
        pytest.param(NIGHT, "2026-03-28 22:00", "7:00", "2026-03-29 05:00", id="the night of spring lasts seven hours"),
        pytest.param(NIGHT, "2026-10-24 21:00", "9:00", "2026-10-25 06:00", id="the night of autumn lasts nine hours"),
        pytest.param(ALL_DAY, "2026-03-29 00:00", "23:00", "2026-03-29 23:00", id="a day of 23 hours"),
        pytest.param(ALL_DAY, "2026-10-24 23:00", "25:00", "2026-10-26 00:00", id="a day of 25 hours"),
        pytest.param(FRIDAY_NIGHT, "2026-11-28 05:30", "0:30", "2026-11-28 06:00", id="a night is of its first day"),
        pytest.param(FRIDAY_NIGHT, "2026-11-28 05:30", "0:31", "2026-12-04 22:01", id="a closed date closes its own"),
        pytest.param(LATE_EVE, "2026-12-24 11:30", "1:00", "2026-12-25 11:30", id="an exception goes before a holiday"),
        pytest.param(OFFICE, "2026-11-23 09:00", "0:00", "2026-11-23 09:00", id="no target is due at once"),
    ],
)
def test_a_promise_falls_due(calendar: BusinessHours | None, started_at: str, target: str, expected: str) -> None:
    assert due_at(utc(started_at), hours(target), calendar) == utc(expected)


@pytest.mark.parametrize(
    ("calendar", "a", "b", "expected"),
    [
        pytest.param(None, "2026-11-21 23:00", "2026-11-22 01:00", "2:00", id="without a calendar all hours count"),
        pytest.param(OFFICE, "2026-11-23 17:00", "2026-11-24 10:00", "2:00", id="over a night"),
        pytest.param(OFFICE, "2026-11-23 19:00", "2026-11-24 08:00", "0:00", id="while closed"),
        pytest.param(OFFICE, "2026-11-23 00:00", "2026-11-30 00:00", "51:00", id="a week"),
        pytest.param(OFFICE, "2026-12-21 00:00", "2026-12-28 00:00", "36:00", id="Christmas week"),
        pytest.param(OFFICE, "2026-11-23 12:00", "2026-11-23 11:00", "0:00", id="backwards is nothing"),
        pytest.param(ALL_DAY, "2025-12-31 00:00", "2028-01-02 00:00", "17568:00", id="over whole years"),
        pytest.param(ALL_DAY, "2026-03-29 00:00", "2026-03-29 23:00", "23:00", id="a day of 23 hours"),
        pytest.param(ALL_DAY, "2026-10-24 23:00", "2026-10-26 00:00", "25:00", id="a day of 25 hours"),
    ],
)
def test_open_time_between_two_instants(calendar: BusinessHours | None, a: str, b: str, expected: str) -> None:
    assert between(utc(a), utc(b), calendar) == hours(expected)


@pytest.mark.parametrize(
    ("opens", "closes", "span"),
    [
        pytest.param("01:30", "03:00", ("2026-03-29 01:00", "2026-03-29 02:00"), id="opening in the skipped hour"),
        pytest.param("00:30", "01:30", ("2026-03-29 00:30", "2026-03-29 01:00"), id="closing in the skipped hour"),
        pytest.param("01:30", "03:00", ("2026-10-25 00:30", "2026-10-25 03:00"), id="opening in the repeated hour"),
        pytest.param("00:30", "01:30", ("2026-10-24 23:30", "2026-10-25 00:30"), id="closing in the repeated hour"),
    ],
)
def test_a_clock_change_inside_opening_hours(opens: str, closes: str, span: tuple[str, str]) -> None:
    calendar = BusinessHours(zone="Europe/London", weekly=(*[CLOSED] * 6, day(f"{opens}-{closes}")))
    first, last = utc(span[0]), utc(span[1])

    assert next_opening(first - dt.timedelta(hours=6), calendar) == first
    assert is_open(last - MINUTE, calendar)
    assert not is_open(last, calendar)
    assert between(first - dt.timedelta(hours=6), last + dt.timedelta(hours=6), calendar) == last - first


def test_an_interval_that_is_wholly_skipped_is_not_open() -> None:
    calendar = BusinessHours(zone="Europe/London", weekly=(*[CLOSED] * 6, day("01:15-01:45")))

    assert between(utc("2026-03-28 00:00"), utc("2026-03-30 00:00"), calendar) == hours("0:00")


def test_open_time_begins_with_the_opening_and_ends_before_the_closing() -> None:
    assert not is_open(utc("2026-11-23 08:59:59.999999"), OFFICE)
    assert is_open(utc("2026-11-23 09:00"), OFFICE)
    assert is_open(utc("2026-11-23 17:59:59.999999"), OFFICE)
    assert not is_open(utc("2026-11-23 18:00"), OFFICE)


def test_overlapping_intervals_count_once() -> None:
    calendar = BusinessHours(weekly=(day("09:00-13:00", "12:00-17:00"),) * 7)

    assert between(utc("2026-11-23 00:00"), utc("2026-11-24 00:00"), calendar) == hours("8:00")


def test_any_zone_may_ask() -> None:
    tokyo = dt.datetime(2026, 11, 24, 2, 45, tzinfo=ZoneInfo("Asia/Tokyo"))

    due = due_at(tokyo, hours("0:15"), OFFICE)

    assert due == utc("2026-11-23 18:00")
    assert due.tzinfo is dt.UTC


def test_the_next_opening_is_now_while_open() -> None:
    assert next_opening(utc("2026-11-23 12:34"), OFFICE) == utc("2026-11-23 12:34")
    assert next_opening(utc("2026-11-23 18:00"), OFFICE) == utc("2026-11-24 09:00")
    assert next_opening(utc("2026-11-22 00:00"), None) == utc("2026-11-22 00:00")


def test_a_calendar_that_never_opens_is_refused() -> None:
    never = BusinessHours(weekly=(CLOSED,) * 7)

    with pytest.raises(NeverOpen):
        due_at(utc("2026-11-23 09:00"), MINUTE, never)
    with pytest.raises(NeverOpen):
        next_opening(utc("2026-11-23 09:00"), never)
    with pytest.raises(NeverOpen):
        refuse_never_open(never, since=utc("2026-11-23 09:00"))


def test_a_calendar_of_exceptions_alone_is_refused_though_it_opens_once() -> None:
    once = BusinessHours(weekly=(CLOSED,) * 7, exceptions=((dt.date(2026, 12, 1), day("09:00-10:00")),))

    assert due_at(utc("2026-11-23 09:00"), hours("1:00"), once) == utc("2026-12-01 10:00")
    with pytest.raises(NeverOpen):
        due_at(utc("2026-11-23 09:00"), hours("1:01"), once)
    with pytest.raises(NeverOpen):
        refuse_never_open(once, since=utc("2026-11-23 09:00"))


def test_a_calendar_whose_exceptions_close_more_than_a_year_is_refused() -> None:
    mondays = [dt.date(2027, 1, 4) + dt.timedelta(weeks=week) for week in range(60)]
    closed = tuple((monday, CLOSED) for monday in mondays)
    calendar = BusinessHours(weekly=(day("09:00-17:00"), *[CLOSED] * 6), exceptions=closed)

    with pytest.raises(NeverOpen):
        refuse_never_open(calendar, since=utc("2026-11-23 09:00"))
    refuse_never_open(BusinessHours(weekly=calendar.weekly, exceptions=closed[:40]), since=utc("2026-11-23 09:00"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"zone": "Europe/Atlantis"}, "zone", id="unknown zone"),
        pytest.param({"zone": "../etc/passwd"}, "zone", id="a path for a zone"),
        pytest.param({"zone": ""}, "zone", id="no zone"),
        pytest.param({"weekly": []}, "weekly", id="a week of no days"),
        pytest.param({"weekly": [[["9 o'clock", "18:00"]]] * 7}, "weekly", id="words for a time"),
        pytest.param({"weekly": [[["09:00+01:00", "18:00"]]] * 7}, "weekly", id="a time with a zone of its own"),
        pytest.param({"weekly": [[["09:00", "24:00"]]] * 7}, "weekly", id="a 24th hour"),
        pytest.param({"weekly": [[["09:00"]]] * 7}, "weekly", id="half an interval"),
        pytest.param({"exceptions": {"2026-02-30": []}}, "exceptions", id="no such date"),
        pytest.param({"exceptions": {"9999-12-31": []}}, "exceptions", id="a date centuries away"),
    ],
)
def test_hours_that_cannot_be_read_are_refused(changed: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        from_definition(to_definition(OFFICE) | changed)

    assert refusal.value.field == field


@pytest.mark.parametrize("code", ["", "ZZ", "GB-XXX", "england"])
def test_an_unknown_country_is_refused_before_it_is_published(code: str) -> None:
    calendar = BusinessHours(weekly=OFFICE.weekly, holidays=(code,))

    with pytest.raises(InvalidInput) as refusal:
        refuse_never_open(calendar, since=utc("2026-11-23 09:00"))

    assert refusal.value.field == "holidays"


@pytest.mark.parametrize("calendar", [OFFICE, LUNCH, NIGHT, ALL_DAY, FRIDAY_NIGHT, LATE_EVE])
def test_hours_are_kept_whole(calendar: BusinessHours) -> None:
    assert from_definition(to_definition(calendar)) == calendar


# The oracle: walk every minute, reading the wall clock as a person does who never turns it back.

ZONES = {
    "Europe/London": ["2026-03-29", "2026-10-25", "2026-12-25"],
    "America/New_York": ["2026-03-08", "2026-11-01", "2026-12-31"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Africa/Cairo": ["2026-04-24", "2026-10-30"],
    "Pacific/Chatham": ["2026-04-05", "2026-09-27", "2026-12-31"],
    "Pacific/Apia": ["2011-12-30"],
    "Asia/Kolkata": ["2026-01-01", "2026-08-15"],
    "UTC": ["2027-12-31"],
}
HOLIDAYS = ("GB-ENG", "US-CA", "DE-BY")
DAYS = 5


@lru_cache(maxsize=64)
def walls(zone: str, first: dt.datetime, minutes: int) -> list[dt.datetime]:
    """The wall clock at each minute from `first` on, held while a clock change repeats an hour."""
    since = first - dt.timedelta(days=1)
    shown: list[dt.datetime] = []
    for minute in range(minutes + 24 * 60):
        wall = (since + minute * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        shown.append(max(wall, shown[-1]) if shown else wall)
    return shown[24 * 60 :]


@lru_cache(maxsize=64)
def days_off(code: str, year: int) -> set[dt.date]:
    country, region = code.split("-")
    return set(public.country_holidays(country, subdiv=region, years=year))


def intervals_of(calendar: BusinessHours, date: dt.date) -> Day:
    for exception, intervals in calendar.exceptions:
        if exception == date:
            return intervals
    if any(date in days_off(code, date.year) for code in calendar.holidays):
        return CLOSED
    return calendar.weekly[date.weekday()]


def minutes_open_on(calendar: BusinessHours, date: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    for interval in intervals_of(calendar, date):
        opens, closes = dt.datetime.combine(date, interval.opens), dt.datetime.combine(date, interval.closes)
        yield opens, closes if closes > opens else closes + dt.timedelta(days=1)


def open_minutes(calendar: BusinessHours, first: dt.datetime, minutes: int) -> list[bool]:
    spans: dict[dt.date, list[tuple[dt.datetime, dt.datetime]]] = {}
    result = []
    for wall in walls(calendar.zone, first, minutes):
        date = wall.date()
        if date not in spans:
            spans[date] = [*minutes_open_on(calendar, date - dt.timedelta(days=1)), *minutes_open_on(calendar, date)]
        result.append(any(opens <= wall < closes for opens, closes in spans[date]))
    return result


times = st.integers(0, 24 * 60 - 1).map(lambda minute: dt.time(minute // 60, minute % 60))
intervals = st.builds(Interval, opens=times, closes=times)
days = st.lists(intervals, max_size=3).map(tuple)


@st.composite
def calendars_and_windows(draw: st.DrawFn) -> tuple[BusinessHours, dt.datetime]:
    """Any hours, and the start of some days around a clock change, a new year or a holiday of their zone."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    centre = dt.date.fromisoformat(draw(st.sampled_from(ZONES[zone])))
    near = st.integers(-DAYS, DAYS).map(lambda days: centre + dt.timedelta(days=days))
    exceptions = draw(st.dictionaries(near, days, max_size=3))
    calendar = BusinessHours(
        zone=zone,
        weekly=draw(st.tuples(*[days] * 7).filter(any)),
        exceptions=tuple(sorted(exceptions.items())),
        holidays=tuple(draw(st.lists(st.sampled_from(HOLIDAYS), unique=True, max_size=2))),
    )
    return calendar, dt.datetime.combine(centre, dt.time(), dt.UTC) - dt.timedelta(days=DAYS // 2 + 1)


CALENDARS = int(os.environ.get("CALENDARS", "80"))
"""How many are walked through; `CALENDARS=1000 make test ONLY=tests/sla/test_calendar.py` is the longer run."""

SPANS = 100
"""In each calendar."""


@settings(deadline=None, max_examples=CALENDARS)
@given(calendars_and_windows(), st.randoms(use_true_random=False))
def test_business_time_agrees_with_a_walk_through_every_minute(
    drawn: tuple[BusinessHours, dt.datetime], dice: Random
) -> None:
    calendar, first = drawn
    minutes = DAYS * 24 * 60
    oracle = open_minutes(calendar, first, minutes)
    open_at = [minute for minute in range(minutes) if oracle[minute]]
    open_before = [0, *accumulate(oracle)]

    assert [is_open(first + minute * MINUTE, calendar) for minute in range(minutes)] == oracle

    for _ in range(SPANS):
        a = dice.randrange(minutes)
        b = dice.randint(a, minutes)
        assert between(first + a * MINUTE, first + b * MINUTE, calendar) == (open_before[b] - open_before[a]) * MINUTE
        later = open_at[open_before[a] :]
        if later:
            assert next_opening(first + a * MINUTE, calendar) == first + later[0] * MINUTE
            target = dice.randint(1, len(later))
            assert due_at(first + a * MINUTE, target * MINUTE, calendar) == first + (later[target - 1] + 1) * MINUTE


instants = st.timedeltas(dt.timedelta(0), dt.timedelta(days=640)).map(lambda offset: utc("2025-09-01") + offset)
targets = st.timedeltas(dt.timedelta(0), dt.timedelta(days=40))


@settings(deadline=None)
@given(calendars_and_windows(), instants, targets, targets)
@example((OFFICE, utc("2026-01-01")), utc("2026-11-23 17:45"), hours("0:15"), hours("0:01"))
def test_what_was_added_is_what_lies_between(
    drawn: tuple[BusinessHours, dt.datetime], start: dt.datetime, target: dt.timedelta, more: dt.timedelta
) -> None:
    calendar, _ = drawn
    due = add(start, target, calendar)

    assert between(start, due, calendar) == target
    assert due >= start
    assert add(due, more, calendar) == add(start, target + more, calendar) or not more
    assert between(start, add(due, more, calendar), calendar) == target + more


@settings(deadline=None)
@given(calendars_and_windows(), st.tuples(instants, instants, instants).map(sorted))
def test_open_time_adds_up(drawn: tuple[BusinessHours, dt.datetime], three: list[dt.datetime]) -> None:
    calendar, _ = drawn
    a, b, c = three

    assert between(a, b, calendar) + between(b, c, calendar) == between(a, c, calendar)
