"""When a ticket put away comes back: the choices of the menu, and the instant that each means."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.errors import InvalidInput

MORNING = time(9)


def snooze_choices(zone: str, *, at: datetime) -> list[tuple[str, str, str]]:
    """(value, words, when), soonest first; the value is sent, not the instant, so an old page is right too."""
    words = (("1h", "In an hour"), ("3h", "In three hours"), ("tomorrow", "Tomorrow morning"), ("monday", "On Monday"))
    return [
        (value, label, f"{instant_of(value, zone, at=at).astimezone(ZoneInfo(zone)):%a %H:%M}")
        for value, label in words
    ]


def instant_of(value: str, zone: str, *, at: datetime) -> datetime:
    """The instant that a choice, or a local date and time such as 2026-11-24T09:00, means. Raises InvalidInput."""
    local = at.astimezone(ZoneInfo(zone))
    match value:
        case "1h" | "3h":
            return at + timedelta(hours=int(value[0]))
        case "tomorrow":
            return _morning(local, days=1)
        case "monday":
            return _morning(local, days=7 - local.weekday())
    return _written(value, zone)


def _morning(local: datetime, *, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), MORNING, tzinfo=local.tzinfo)


def _written(value: str, zone: str) -> datetime:
    try:
        written = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput("Choose a day and a time.", field="until") from None
    return written.replace(tzinfo=ZoneInfo(zone)) if written.tzinfo is None else written
