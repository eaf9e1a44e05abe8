"""Every promise of a ticket in sentences: what was promised and why, when it began, stood still and ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.sla import timing
from helpdesk.sla.models import Clock, ClockKind, ClockPause, PauseReason
from helpdesk.sla.words import write_target
from helpdesk.views.rendering import clock_time, duration

_TITLES: Mapping[ClockKind, str] = {
    ClockKind.FIRST_RESPONSE: "First reply",
    ClockKind.NEXT_RESPONSE: "Next reply",
    ClockKind.RESOLUTION: "Resolution",
}

_STOOD_STILL: Mapping[PauseReason, str] = {
    PauseReason.PENDING: "it waited for the customer",
    PauseReason.SNOOZED: "it was put away",
    PauseReason.RESOLVED: "it was resolved, and then opened again",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One promise. `state` is kept, broken, running, replaced or untold (nothing was promised)."""

    title: str
    state: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Names:
    """What ids stand for: agents, and calendar versions by the name of their calendar."""

    agents: Mapping[int, str]
    calendars: Mapping[int, str]


def told(clock: Clock, pauses: Sequence[ClockPause], names: Names, *, zone: str, at: datetime) -> Told:
    """`pauses` are oldest first."""
    return Told(
        title=_TITLES[clock.kind],
        state=_state(clock, at),
        sentences=tuple(_sentences(clock, pauses, names, zone=zone, at=at)),
    )


def _state(clock: Clock, at: datetime) -> str:
    if clock.superseded_at is not None:
        return "replaced"
    if clock.due_at is None:
        return "untold"
    if timing.is_breached(clock, at):
        return "broken"
    return "running" if clock.stopped_at is None else "kept"


def _sentences(clock: Clock, pauses: Sequence[ClockPause], names: Names, *, zone: str, at: datetime) -> Iterator[str]:
    yield _promised(clock, names)
    yield _sentence(clock.matched)
    yield f"It began {_when(clock.started_at, zone)}."
    for pause in pauses:
        until = f"until {_when(pause.ended_at, zone)}" if pause.ended_at else "and still does"
        yield f"It stood still from {_when(pause.started_at, zone)} {until}: {_STOOD_STILL[pause.reason]}."
    for note in clock.revoked_stops:
        stopped, revoked = (datetime.fromisoformat(note[name]) for name in ("stopped_at", "revoked_at"))
        yield (
            f"A reply ended it {_when(stopped, zone)}; that one was taken back or failed {_when(revoked, zone)}, "
            "so it ran on from its start."
        )
    if clock.due_at is not None:
        yield f"It {'was' if clock.due_at <= at else 'is'} due {_when(clock.due_at, zone)}."
    if clock.superseded_at is not None:
        yield (
            f"It was replaced {_when(clock.superseded_at, zone)}, when something else came to be promised; "
            "the time ran on from the same start."
        )
    elif clock.stopped_at is not None:
        yield _ended(clock, clock.stopped_at, names, zone=zone)
    else:
        yield "It stands still." if clock.paused_at is not None else "It is still running."


def _promised(clock: Clock, names: Names) -> str:
    if clock.target_seconds is None:
        return "Nothing was promised; the time is measured all the same."
    name = names.calendars.get(clock.calendar_version_id or 0)
    hours = f"of “{name}”" if name else "day and night"
    return f"Promised within {write_target(timedelta(seconds=clock.target_seconds))} {hours}."


def _ended(clock: Clock, stopped_at: datetime, names: Names, *, zone: str) -> str:
    agent = names.agents.get(clock.stopped_by_agent_id or 0)
    if clock.stopped_by_message_id is not None:
        how = f"with {agent}’s reply" if agent else "with a reply from outside the desk"
    else:
        how = f"when {agent} resolved the ticket" if agent else "when the ticket was resolved or closed"
    took = f"after {duration((stopped_at - clock.started_at).total_seconds())}"
    if clock.business_seconds is not None and clock.calendar_version_id is not None:
        took += f", {duration(clock.business_seconds)} of it counted"
    late = ""
    if clock.due_at is not None:
        apart = duration(abs((stopped_at - clock.due_at).total_seconds()))
        late = f"; {apart} too late" if stopped_at > clock.due_at else f"; {apart} before it was due"
    return f"It ended {_when(stopped_at, zone)} {how}, {took}{late}."


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _when(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y} {clock_time(at, zone)}"
