"""Hours and targets as people write them: read, written and read again."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.errors import InvalidInput
from helpdesk.sla.calendar import CLOSED, Interval
from helpdesk.sla.words import (
    read_day,
    read_exceptions,
    read_fractions,
    read_target,
    write_day,
    write_exceptions,
    write_target,
    write_week,
)

NINE_TO_SIX = (Interval.parse("09:00", "18:00"),)
MINUTES = st.integers(0, 24 * 60 - 1)


def time(minute: int) -> dt.time:
    return dt.time(minute // 60, minute % 60)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", CLOSED),
        (" Closed ", CLOSED),
        ("9-18", NINE_TO_SIX),
        ("9:00 to 18:00", NINE_TO_SIX),
        ("09:00 – 18:00", NINE_TO_SIX),
        ("13:30–18:00, 09:00–12:30", (Interval.parse("09:00", "12:30"), Interval.parse("13:30", "18:00"))),
        ("22:00–06:00", (Interval.parse("22:00", "06:00"),)),
        ("18:00–24:00", (Interval.parse("18:00", "00:00"),)),
        ("all day", (Interval.parse("00:00", "00:00"),)),
    ],
)
def test_a_day_is_read_as_it_was_meant(written: str, meant: tuple[Interval, ...]) -> None:
    assert read_day(written, field="day-0") == meant


@pytest.mark.parametrize(
    "written",
    ["nine to five", "09:00", "09:00–25:00", "09:00–12:00–15:00 x", "9–12, 11–15", "22:00–06:00, 23:00–23:30", ","],
)
def test_a_day_that_cannot_be_is_refused_beside_its_field(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_day(written, field="day-3")

    assert refused.value.field == "day-3"


@given(st.lists(MINUTES, min_size=2, max_size=8, unique=True).map(sorted))
def test_what_is_written_out_is_read_as_the_same_day(minutes: list[int]) -> None:
    pairs = zip(minutes[::2], minutes[1::2], strict=False)
    day = tuple(Interval(opens=time(opens), closes=time(closes)) for opens, closes in pairs)

    assert read_day(write_day(day), field="") == day


def test_a_week_is_said_in_runs_of_days_that_are_alike() -> None:
    assert write_week([*[NINE_TO_SIX] * 5, CLOSED, CLOSED]) == ["Mon–Fri 09:00–18:00", "Sat–Sun closed"]


def test_dates_are_read_in_their_order_and_written_as_they_were() -> None:
    read = read_exceptions("2026-12-27 closed\n\n2026-12-24: 09:00–12:00\n", field="exceptions")

    assert read == ((dt.date(2026, 12, 24), read_day("9-12", field="")), (dt.date(2026, 12, 27), CLOSED))
    assert read_exceptions(write_exceptions(read), field="") == read


@pytest.mark.parametrize(
    "written", ["24.12.2026 closed", "2026-12-24 closed\n2026-12-24 9-12", "2026-02-30", "2026-12-24 noon"]
)
def test_a_date_that_cannot_be_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_exceptions(written, field="exceptions")


@pytest.mark.parametrize(
    ("written", "minutes"), [("45 min", 45), ("1h30m", 90), ("1 h 30 min", 90), ("2 hours", 120), ("90 minutes", 90)]
)
def test_a_target_is_read(written: str, minutes: int) -> None:
    assert read_target(written, field="") == dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["90", "soon", "1 h and a bit", "2 d", "-1 h", "9999999 h", "1 h 30"])
def test_a_target_that_could_mean_two_things_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_target(written, field="resolution")


@given(st.integers(1, 100_000))
def test_a_target_that_is_written_out_is_read_as_the_same(minutes: int) -> None:
    target = dt.timedelta(minutes=minutes)

    assert read_target(write_target(target), field="") == target


def test_no_target_is_nothing() -> None:
    assert read_target("  ", field="") is None
    assert write_target(None) == ""


def test_fractions_are_parts_of_the_time() -> None:
    assert read_fractions("75 %, 50%", field="") == (0.5, 0.75)
    assert read_fractions("", field="") == ()
    for written in ("100 %", "0", "half", "7.5"):
        with pytest.raises(InvalidInput):
            read_fractions(written, field="")
