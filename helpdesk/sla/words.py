"""Opening hours and targets as people write them: "09:00–12:30, 13:30–18:00", "2026-12-24 closed", "1 h 30 min".

Reading raises InvalidInput, beside the field that is named. What is written out is read back as the same.
"""

import datetime as dt
import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from helpdesk.errors import InvalidInput
from helpdesk.sla.calendar import CLOSED, Day, Interval

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CLOSED = ("", "closed", "-", "–")
_ALL_DAY = ("all day", "24 h", "24h", "00:00–24:00", "00:00-24:00")
_FROM_TO = re.compile(r"\s*(?:-|–|—|to|until)\s*")
_WHOLE_DAY: Day = (Interval(opens=dt.time(), closes=dt.time()),)
_UNITS = {"h": 3600, "hour": 3600, "hours": 3600, "m": 60, "min": 60, "minute": 60, "minutes": 60}
_A_SPAN = re.compile(r"(\d{1,6})\s*([a-z]+)")
_MOST_EXCEPTIONS = 400
_NO_TARGET = "Write a time as 45 min or 1 h 30 min, or leave it empty to promise nothing."


def read_day(words: str, *, field: str) -> Day:
    """The intervals of one day, in the order of time; nothing and "closed" are a day without any."""
    plain = " ".join(words.lower().split())
    if plain in _CLOSED:
        return CLOSED
    if plain in _ALL_DAY:
        return _WHOLE_DAY
    intervals = sorted((_read_interval(piece, field) for piece in plain.split(",")), key=lambda i: i.opens)
    if any(_reach_into(this, following) for this, following in pairwise(intervals)):
        raise InvalidInput("Two of these times overlap.", field=field)
    return tuple(intervals)


def write_day(day: Day) -> str:
    if day == _WHOLE_DAY:
        return "all day"
    return ", ".join(f"{i.opens:%H:%M}–{i.closes:%H:%M}" for i in day) or "closed"


def write_week(weekly: Sequence[Day]) -> list[str]:
    """Days in a row that are alike together: "Mon–Fri 09:00–18:00", "Sat 10:00–16:00", "Sun closed"."""
    runs = [list(run) for _, run in groupby(range(len(weekly)), key=weekly.__getitem__)]
    return [f"{_span(run)} {write_day(weekly[run[0]])}" for run in runs]


def read_exceptions(words: str, *, field: str) -> tuple[tuple[dt.date, Day], ...]:
    """One date a line, with the hours that are kept on it."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if len(lines) > _MOST_EXCEPTIONS:
        raise InvalidInput(f"At most {_MOST_EXCEPTIONS} dates can have their own hours.", field=field)
    found: dict[dt.date, Day] = {}
    for line in lines:
        date, _, hours = line.partition(" ")
        day = _read_date(date.rstrip(":"), field)
        if day in found:
            raise InvalidInput(f"{day} is there twice.", field=field)
        found[day] = read_day(hours, field=field)
    return tuple(sorted(found.items()))


def write_exceptions(exceptions: Sequence[tuple[dt.date, Day]]) -> str:
    return "\n".join(f"{date.isoformat()} {write_day(day)}" for date, day in exceptions)


def read_target(words: str, *, field: str) -> dt.timedelta | None:
    """None for nothing. A day is not a unit: it could be 24 hours, or the hours of a working day."""
    plain = " ".join(words.lower().split())
    if not plain:
        return None
    if re.search(r"\d\s*d", plain):
        raise InvalidInput("A day may be 24 hours or a working day: write hours.", field=field)
    spans = _A_SPAN.findall(plain)
    units = [_UNITS.get(unit) for _, unit in spans]
    if _A_SPAN.sub("", plain).strip() or units not in ([3600], [60], [3600, 60]):
        raise InvalidInput(_NO_TARGET, field=field)
    return dt.timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in spans))


def write_target(target: dt.timedelta | None) -> str:
    if target is None:
        return ""
    hours, minutes = divmod(round(target.total_seconds() / 60), 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours))


def read_fractions(words: str, *, field: str) -> tuple[float, ...]:
    """Parts of a target from "50 %, 75 %", each above 0 and below 100."""
    pieces = [piece.strip(" %") for piece in words.replace("\u00a0", " ").split(",") if piece.strip(" %")]
    if not all(piece.isascii() and piece.isdigit() and len(piece) <= 2 and int(piece) for piece in pieces):
        raise InvalidInput("Write parts of the time as 50 %, 75 %.", field=field)
    return tuple(sorted({int(piece) / 100 for piece in pieces}))


def write_fractions(fractions: Sequence[float]) -> str:
    return ", ".join(f"{fraction * 100:.0f} %" for fraction in fractions)


def read_list(words: str) -> tuple[str, ...]:
    """What is between commas, each once, in the order written."""
    return tuple(dict.fromkeys(" ".join(piece.split()) for piece in words.split(",") if piece.strip()))


def _span(days: Sequence[int]) -> str:
    first, last = WEEKDAYS[days[0]][:3], WEEKDAYS[days[-1]][:3]
    return first if first == last else f"{first}–{last}"


def _read_interval(words: str, field: str) -> Interval:
    try:
        opens, closes = _FROM_TO.split(words.strip())
        return Interval.parse(_padded(opens), _padded("00:00" if closes == "24:00" else closes))
    except (ValueError, InvalidInput):
        raise InvalidInput("Write times as 09:00–12:30, 13:30–18:00, or closed.", field=field) from None


def _padded(time: str) -> str:
    """9:00 and 9 are how people write 09:00."""
    hour, colon, minute = time.strip().partition(":")
    return f"{hour.zfill(2)}:{minute if colon else '00'}" if hour.isdigit() else time


def _reach_into(this: Interval, following: Interval) -> bool:
    return this.closes <= this.opens or this.closes > following.opens


def _read_date(words: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(words)
    except ValueError:
        raise InvalidInput(
            f"{words[:20]!r} is not a date. Write a line as 2026-12-24 09:00–12:00.", field=field
        ) from None
