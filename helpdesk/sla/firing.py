"""Warnings and breaches: what has fallen due and not been told yet, each once for an interval.

The instant of a warning or breach is that of the row, never that of looking, so it does not matter how late the
worker comes. What stopped in the meantime is told too, if it stopped too late; `is_running` says whether there is
still something to be done about it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import update

from helpdesk.orm import db
from helpdesk.sla import policies, queries, timing
from helpdesk.sla.escalations import NOTHING, Escalation
from helpdesk.sla.models import Clock, ClockKind, ClockPause
from helpdesk.sla.policies import Promise


@dataclass(frozen=True, kw_only=True)
class Fired:
    """One warning (`fraction` of the target has run) or breach (`fraction` is None) of one clock.

    `at` is when it happened: the instant of the warning, or the due time. `escalation` is what the policy does then.
    """

    clock_id: int
    ticket_id: int
    kind: ClockKind
    at: dt.datetime
    fraction: float | None
    due_at: dt.datetime
    matched: str
    is_running: bool
    escalation: Escalation = NOTHING


def claim_warnings(*, at: dt.datetime, limit: int = 200) -> list[Fired]:
    """The warnings that came due by `at`, of at most `limit` clocks; none of them is returned again."""
    clocks = queries.lock_unfired_warnings(at=at, limit=limit)
    pauses = queries.pauses_of([clock.id for clock in clocks]) if clocks else {}
    promises = policies.promises_of({clock.policy_version_id for clock in clocks})
    fired = [
        warning
        for clock in clocks
        for warning in _warn(clock, pauses[clock.id], promises[clock.policy_version_id], at=at)
    ]
    db.session.flush()
    return fired


def claim_breaches(*, at: dt.datetime, limit: int = 200) -> list[Fired]:
    """The breaches before `at`, of at most `limit` clocks; none of them is returned again."""
    clocks = queries.lock_unfired_breaches(at=at, limit=limit)
    for clock in clocks:
        clock.breach_fired_at = at
    db.session.flush()
    promises = policies.promises_of({clock.policy_version_id for clock in clocks})
    return [
        _fired(clock, at=clock.due_at, fraction=None, escalation=promises[clock.policy_version_id].at_breach)
        for clock in clocks
        if clock.due_at is not None
    ]


def record_holders(holders: Mapping[int, int | None]) -> None:
    """Keep who the ticket was assigned to when each clock, by id, fell due."""
    if holders:
        rows = [{"id": clock_id, "held_by_agent_id": agent_id} for clock_id, agent_id in sorted(holders.items())]
        db.session.execute(update(Clock), rows)


def _warn(clock: Clock, pauses: Sequence[ClockPause], promise: Promise, *, at: dt.datetime) -> list[Fired]:
    """Mark the warnings that have come due on this clock, and set the next."""
    left = [
        (fraction, instant) for fraction, instant in _warnings(clock, pauses, promise) if fraction not in clock.warned
    ]
    due = [(fraction, instant) for fraction, instant in left if instant <= timing.ran_until(clock, at)]
    clock.warned = [*clock.warned, *(fraction for fraction, _ in due)]
    clock.next_warn_at = next((instant for _, instant in left[len(due) :]), None)
    return [_fired(clock, at=instant, fraction=fraction, escalation=promise.at_warning) for fraction, instant in due]


def _warnings(clock: Clock, pauses: Sequence[ClockPause], promise: Promise) -> list[tuple[float, dt.datetime]]:
    if clock.target_seconds is None:
        return []
    target = dt.timedelta(seconds=clock.target_seconds)
    return timing.warnings(clock.started_at, target, promise.warn_fractions, promise.hours, timing.finished(pauses))


def _fired(clock: Clock, *, at: dt.datetime, fraction: float | None, escalation: Escalation) -> Fired:
    if clock.due_at is None:
        raise ValueError(f"clock {clock.id} promises nothing")
    return Fired(
        clock_id=clock.id,
        ticket_id=clock.ticket_id,
        kind=clock.kind,
        at=at,
        fraction=fraction,
        due_at=clock.due_at,
        matched=clock.matched,
        is_running=clock.is_running,
        escalation=escalation,
    )
