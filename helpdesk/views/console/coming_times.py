"""When a ticket put away comes back and a later reply goes: the choices of the menus, and the instants they mean."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.errors import InvalidInput

MORNING = time(9)


def snooze_choices(zone: str, *, at: datetime) -> list[tuple[str, str, str]]:
    words = (("1h", "In an hour"), ("3h", "In three hours"), ("tomorrow", "Tomorrow morning"), ("monday", "On Monday"))
    return _with_times(words, zone, at=at)


def later_choices(zone: str, *, at: datetime) -> list[tuple[str, str, str]]:
    """The same for a reply that is to be sent later."""
    return _with_times((("1h", "In an hour"), ("tomorrow", "Tomorrow"), ("monday", "On Monday")), zone, at=at)


def _with_times(words: Iterable[tuple[str, str]], zone: str, *, at: datetime) -> list[tuple[str, str, str]]:
    """(value, words, when), soonest first; the value is sent, not the instant, so an old page is right too."""
    return [
        (value, label, f"{instant_of(value, zone, at=at).astimezone(ZoneInfo(zone)):%a %H:%M}")
        for value, label in words
    ]


def instant_of(value: str, zone: str, *, at: datetime, field: str = "until") -> datetime:
    """The instant that a choice, or a local date and time such as 2026-11-24T09:00, means. Raises InvalidInput."""
    local = at.astimezone(ZoneInfo(zone))
    match value:
        case "1h" | "3h":
            return at + timedelta(hours=int(value[0]))
        case "tomorrow":
            return _morning(local, days=1)
        case "monday":
            return _morning(local, days=7 - local.weekday())
    return _written(value, zone, field=field)


def _morning(local: datetime, *, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), MORNING, tzinfo=local.tzinfo)


def _written(value: str, zone: str, *, field: str) -> datetime:
    try:
        written = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput("Choose a day and a time.", field=field) from None
    return written.replace(tzinfo=ZoneInfo(zone)) if written.tzinfo is None else written
