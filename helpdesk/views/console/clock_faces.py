"""How a running promise looks: far, soon, over, paused or kept, and in which words.

The words are those that static/src/js/clock.js counts on with, so that a page does not flicker when it takes over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.sla.models import RESPONSES
from helpdesk.tickets.models import Status
from helpdesk.views.rendering import clock_time, iso

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, kw_only=True)
class ClockFace:
    state: str
    """far, soon, over, paused or kept."""
    text: str
    used: float = 0.0
    """How much of the promised time has gone, 0 to 1."""
    due: str = ""
    start: str = ""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What of a ticket decides how its clock looks."""

    status: str
    waiting_since: datetime | None
    snoozed_until: datetime | None
    customer_name: str


def face_of(
    waiting: Waiting,
    *,
    kind: str | None,
    started_at: datetime | None,
    due_at: datetime | None,
    zone: str,
    at: datetime,
) -> ClockFace | None:
    """The face of a ticket's nearest clock; None where nothing is promised and nothing is to be said."""
    standing_still = _standing_still(waiting, zone=zone, at=at)
    if standing_still is not None:
        return standing_still
    if due_at is None or started_at is None or kind is None:
        return None if waiting.waiting_since else ClockFace(state="kept", text="Answered")
    face = _counting(started_at, due_at, at=at)
    if face.state == "far" and waiting.waiting_since is None and kind not in RESPONSES:
        return ClockFace(state="kept", text="Answered")
    return face


def _standing_still(waiting: Waiting, *, zone: str, at: datetime) -> ClockFace | None:
    match waiting.status:
        case Status.PENDING:
            return ClockFace(state="paused", text=f"Waiting for {first_name(waiting.customer_name)}")
        case Status.SNOOZED if waiting.snoozed_until is not None:
            return ClockFace(state="paused", text=f"Until {when(waiting.snoozed_until, zone, at=at)}")
        case Status.RESOLVED | Status.CLOSED:
            return ClockFace(state="kept", text=waiting.status.capitalize())
    return None


def _counting(started_at: datetime, due_at: datetime, *, at: datetime) -> ClockFace:
    total = max((due_at - started_at).total_seconds(), 1.0)
    left = (due_at - at).total_seconds()
    ends = {"due": iso(due_at), "start": iso(started_at)}
    if left < 0:
        return ClockFace(state="over", text=f"{duration_words(-left)} over", used=1.0, **ends)
    state = "soon" if left <= total / 4 else "far"
    # Rounded up: "1 min" until the last second.
    return ClockFace(state=state, text=duration_words(left + _MINUTE - 0.001), used=min(1.0, 1 - left / total), **ends)


def duration_words(seconds: float) -> str:
    """4 min, 1 h 10, 3 d; never less than a minute."""
    if seconds < _HOUR:
        return f"{max(1, int(seconds // _MINUTE))} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE):02d}"
    return f"{int(seconds // _DAY)} d"


def when(instant: datetime, zone: str, *, at: datetime) -> str:
    """Time of day within a day, "Thu 09:00" within a week, "3 Nov" further off or further back."""
    apart = abs(instant - at)
    if apart < timedelta(hours=20):
        return clock_time(instant, zone)
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%a %H:%M}" if apart < timedelta(days=6) else short_day(instant, zone, at=at)


def said_at(instant: datetime, zone: str, *, at: datetime) -> str:
    """When something was said, short: 09:48 today, "Mon" this week, "3 Nov" before."""
    local, here = instant.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone))
    days = (here.date() - local.date()).days
    if days <= 0:
        return f"{local:%H:%M}"
    return f"{local:%a}" if days < 7 else short_day(instant, zone, at=at)


def short_day(instant: datetime, zone: str, *, at: datetime) -> str:
    local, here = instant.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != here.year else "")


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else "the customer"
