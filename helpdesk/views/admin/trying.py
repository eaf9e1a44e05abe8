"""The third step of a form that publishes: what it would have done in the past. Nothing is changed by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import request

from helpdesk import clock
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.what_if import Sides, Turned, WhatIf, what_if, worst
from helpdesk.people.models import Brand
from helpdesk.people.queries import teams_of_brands
from helpdesk.sla.models import ClockKind
from helpdesk.sla.policies import PolicyBook, book_of
from helpdesk.views.admin.forms import typed
from helpdesk.views.rendering import clock_time, duration

PERIODS = (("7", "the last 7 days"), ("28", "the last 28 days"), ("91", "the last 3 months"), ("365", "the last year"))
_USUAL = "28"

_KINDS: Mapping[ClockKind, str] = {
    ClockKind.FIRST_RESPONSE: "First response",
    ClockKind.NEXT_RESPONSE: "Every other reply",
    ClockKind.RESOLUTION: "Resolution",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One interval that the change breaks, or saves."""

    ticket_id: int
    kind: str
    began: str
    ended: str
    due: str
    by: str
    """By how much it is late."""
    why: str


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What the page shows of it. `is_as_measured`: the rules of now give what was measured then."""

    period: Period
    intervals: int
    is_as_measured: bool
    whole: Sides
    parts: Sequence[tuple[str, Sequence[tuple[str, Sides]]]]
    """(heading, [(name, sides)])"""
    broken: int
    saved: int
    broken_lines: Sequence[Line]
    saved_lines: Sequence[Line]
    zone: str


def is_to_try() -> bool:
    return request.form.get("step") == "try"


def chosen_period() -> str:
    days = typed("try_days")
    return days if days in dict(PERIODS) else _USUAL


def tried(brand: Brand, changed: PolicyBook) -> Tried:
    """The brand's tickets of the chosen days under its rules of now, and under these."""
    at = clock.now()
    zone = brand.time_zone
    first = at.astimezone(ZoneInfo(zone)).date() - timedelta(days=int(chosen_period()) - 1)
    period = period_of(first.isoformat(), "", zone=zone, at=at)
    scope = Scope(team_ids=frozenset(team.id for team in teams_of_brands([brand.id])))
    found = what_if(scope, period, now=book_of([brand.id], at=at), changed=changed, at=at)
    return Tried(
        period=period,
        intervals=found.intervals,
        is_as_measured=found.whole.then == found.whole.now,
        whole=found.whole,
        parts=_parts(found),
        broken=len(found.broken),
        saved=len(found.saved),
        broken_lines=[_line(turned, zone) for turned in worst(found.broken)],
        saved_lines=[_line(turned, zone) for turned in worst(found.saved)],
        zone=zone,
    )


def _parts(found: WhatIf) -> list[tuple[str, list[tuple[str, Sides]]]]:
    return [
        ("Promise", [(words, found.by_kind[kind]) for kind, words in _KINDS.items() if kind in found.by_kind]),
        ("Rule that takes it", [(name or "No rule", sides) for name, sides in sorted(found.by_rule.items())]),
        (
            "Hour at which the customer wrote",
            [(f"{hour:02}:00", found.by_hour[hour]) for hour in sorted(found.by_hour)],
        ),
    ]


def _line(turned: Turned, zone: str) -> Line:
    past, missed = turned.past, turned.changed if turned.is_broken else turned.now
    assert missed.due_at is not None, "what is broken was due"
    return Line(
        ticket_id=past.ticket_id,
        kind=_KINDS[past.kind],
        began=_when(past.started_at, zone),
        ended=_when(past.stopped_at, zone) if past.stopped_at else "still waits",
        due=_when(missed.due_at, zone),
        by=duration((past.ends_at - missed.due_at).total_seconds()),
        why=turned.changed.matched,
    )


def _when(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b} {clock_time(at, zone)}"
