"""A ticket's priority, team or tags changed, or its policy did: apply what is promised now, from the original start.

The interval in hand is kept as superseded, with its history; another takes its place. What has stopped stays as it
was promised and kept.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from helpdesk.orm import db
from helpdesk.sla import policies, queries, timing
from helpdesk.sla.calendar import BusinessHours
from helpdesk.sla.in_hand import timed
from helpdesk.sla.models import Clock, ClockPause, PauseReason
from helpdesk.sla.policies import ChosenPolicy, PolicyBook, Promise, Rule, TicketFacts
from helpdesk.sla.publishing import PolicyDraft

NOT_PUBLISHED = 0


@dataclass(frozen=True, kw_only=True)
class Retargeting:
    """A ticket as it is now. `waiting`: it is pending or snoozed."""

    ticket_id: int
    facts: TicketFacts
    waiting: PauseReason | None = None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What applying a change would do: tickets whose running promises change, and of these who is late then and now."""

    changed: frozenset[int]
    late_then: frozenset[int]
    late_now: frozenset[int]

    @property
    def newly_late(self) -> frozenset[int]:
        return self.late_then - self.late_now


def retarget(changes: Sequence[Retargeting], *, at: dt.datetime) -> list[Clock]:
    """Give the running clocks of these tickets what the rules promise now; return the clocks that took over.

    Where nothing changes, nothing is written. Pauses that were counted stay counted.
    """
    if not changes:
        return []
    book = policies.book_of({change.facts.brand_id for change in changes}, at=at)
    planned = _plan(queries.lock_running([change.ticket_id for change in changes]), changes, book)
    for plan in planned:
        plan.supersede(at=at)
    # The index allows one running interval of a kind, so the old ones have to be out of the way first.
    db.session.flush()
    new = [plan.successor(at=at) for plan in planned]
    db.session.add_all(new)
    db.session.flush()
    for plan, clock in zip(planned, new, strict=True):
        db.session.add_all(plan.pauses_for(clock))
    db.session.flush()
    return new


def preview_policy(
    brand_id: int, name: str, draft: PolicyDraft, changes: Sequence[Retargeting], *, at: dt.datetime
) -> Preview:
    """What publishing this draft, and applying it to these open tickets, would do; nothing is written."""
    return _preview(changes, book_with_policy(brand_id, name, draft, at=at), at=at)


def preview_calendar(
    brand_id: int, calendar_id: int, hours: BusinessHours, changes: Sequence[Retargeting], *, at: dt.datetime
) -> Preview:
    """What publishing these hours, and applying them to these open tickets, would do; nothing is written."""
    return _preview(changes, book_with_hours(brand_id, calendar_id, hours, at=at), at=at)


def preview_rules(brand_id: int, changes: Sequence[Retargeting], *, at: dt.datetime) -> Preview:
    """What applying the rules as they are published now would do to these open tickets; nothing is written."""
    return _preview(changes, policies.book_of([brand_id], at=at), at=at)


def book_with_policy(brand_id: int, name: str, draft: PolicyDraft, *, at: dt.datetime) -> PolicyBook:
    """The brand's rules as they would be with this draft: in its own place, or last where it is new."""
    book = policies.book_of([brand_id], at=at)
    rules = list(book.rules.get(brand_id, ()))
    drafted = _drafted(brand_id, name, draft)
    known = next((index for index, rule in enumerate(rules) if rule.name == name), None)
    if known is None:
        rules.append(drafted)
    else:
        rules[known] = replace(drafted, policy_id=rules[known].policy_id)
    return book.with_changed(brand_id, rules)


def book_with_hours(brand_id: int, calendar_id: int, hours: BusinessHours, *, at: dt.datetime) -> PolicyBook:
    """The brand's rules as they would be if this calendar had these hours."""
    book = policies.book_of([brand_id], at=at)
    rules = [
        _with_hours(rule, hours) if rule.calendar_id == calendar_id else rule for rule in book.rules.get(brand_id, ())
    ]
    return book.with_changed(brand_id, rules)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """One running clock whose promise changes."""

    clock: Clock
    chosen: ChosenPolicy
    pauses: Sequence[ClockPause]
    waiting: PauseReason | None

    @property
    def target_seconds(self) -> int | None:
        return self.chosen.promise.target_seconds(self.clock.kind)

    @property
    def is_to_pause(self) -> bool:
        return self.waiting in self.chosen.promise.pauses_while

    def spans(self, *, at: dt.datetime) -> list[timing.Span]:
        """The pauses up to `at`, one that is open included."""
        return sorted((pause.started_at, pause.ended_at or max(at, pause.started_at)) for pause in self.pauses)

    def due_at(self, *, at: dt.datetime) -> dt.datetime | None:
        promise = self.chosen.promise
        return timed(self.clock.started_at, self.target_seconds, promise, self.spans(at=at), [])[0]

    def is_late(self, *, at: dt.datetime) -> bool:
        due_at = self.due_at(at=at)
        return due_at is not None and at > due_at

    def supersede(self, *, at: dt.datetime) -> None:
        """`paused_at` stays: it tells that the old interval did not run on to here."""
        for pause in self.pauses:
            pause.ended_at = pause.ended_at or max(at, pause.started_at)
        self.clock.superseded_at = at

    def successor(self, *, at: dt.datetime) -> Clock:
        """The row that takes over; what was told of the old one and is as true of the new is not told again."""
        old, promise, spans = self.clock, self.chosen.promise, self.spans(at=at)
        due_at, _ = timed(old.started_at, self.target_seconds, promise, spans, [])
        warned = self._warned_by(at, spans)
        is_late_as_before = old.breach_fired_at is not None and due_at is not None and at > due_at
        return Clock(
            ticket_id=old.ticket_id,
            kind=old.kind,
            policy_version_id=promise.policy_version_id,
            calendar_version_id=promise.calendar_version_id,
            matched=self.chosen.matched,
            target_seconds=self.target_seconds,
            started_at=old.started_at,
            due_at=due_at,
            paused_at=max([at, *(ended for _, ended in spans)]) if self.is_to_pause else None,
            next_warn_at=timed(old.started_at, self.target_seconds, promise, spans, warned)[1],
            warned=warned,
            breach_fired_at=old.breach_fired_at if is_late_as_before else None,
            held_by_agent_id=old.held_by_agent_id if is_late_as_before else None,
            revoked_stops=old.revoked_stops,
        )

    def pauses_for(self, clock: Clock) -> list[ClockPause]:
        pauses = [
            ClockPause(clock_id=clock.id, started_at=pause.started_at, ended_at=pause.ended_at, reason=pause.reason)
            for pause in self.pauses
        ]
        if clock.paused_at is not None and self.waiting is not None:
            pauses.append(ClockPause(clock_id=clock.id, started_at=clock.paused_at, reason=self.waiting))
        return pauses

    def _warned_by(self, at: dt.datetime, spans: Sequence[timing.Span]) -> list[float]:
        if self.target_seconds is None:
            return []
        target, promise = dt.timedelta(seconds=self.target_seconds), self.chosen.promise
        told = [fraction for fraction in promise.warn_fractions if fraction in self.clock.warned]
        warnings = timing.warnings(self.clock.started_at, target, told, promise.hours, spans)
        return [fraction for fraction, instant in warnings if instant <= at]


def _plan(running: Sequence[Clock], changes: Sequence[Retargeting], book: PolicyBook) -> list[_Plan]:
    """The running clocks of these tickets whose promise is another by the book."""
    asked = {change.ticket_id: change for change in changes}
    chosen = {ticket_id: book.choose(change.facts) for ticket_id, change in asked.items()}
    changed = [
        clock for clock in running if clock.policy_version_id != chosen[clock.ticket_id].promise.policy_version_id
    ]
    pauses = queries.pauses_of([clock.id for clock in changed]) if changed else {}
    return [
        _Plan(
            clock=clock,
            chosen=chosen[clock.ticket_id],
            pauses=pauses[clock.id],
            waiting=asked[clock.ticket_id].waiting or _open_reason(pauses[clock.id]),
        )
        for clock in changed
    ]


def _preview(changes: Sequence[Retargeting], book: PolicyBook, *, at: dt.datetime) -> Preview:
    running = queries.running_clocks([change.ticket_id for change in changes])
    planned = _plan([clock for clocks in running.values() for clock in clocks], changes, book)
    return Preview(
        changed=_tickets(planned),
        late_then=_tickets(plan for plan in planned if plan.is_late(at=at)),
        late_now=_tickets(plan for plan in planned if timing.is_breached(plan.clock, at)),
    )


def _tickets(planned: Iterable[_Plan]) -> frozenset[int]:
    return frozenset(plan.clock.ticket_id for plan in planned)


def _open_reason(pauses: Sequence[ClockPause]) -> PauseReason | None:
    return next((pause.reason for pause in pauses if pause.ended_at is None), None)


def _drafted(brand_id: int, name: str, draft: PolicyDraft) -> Rule:
    calendar = queries.current_calendar_version(brand_id, draft.calendar_id) if draft.calendar_id is not None else None
    return Rule(
        policy_id=NOT_PUBLISHED,
        name=name,
        conditions=draft.conditions,
        calendar_id=draft.calendar_id,
        promise=Promise(
            policy_version_id=NOT_PUBLISHED,
            hours=policies.hours_from(calendar.definition) if calendar else None,
            targets=draft.targets,
            pauses_while=draft.pauses_while,
            warn_fractions=draft.warn_fractions,
            at_warning=draft.at_warning,
            at_breach=draft.at_breach,
        ),
    )


def _with_hours(rule: Rule, hours: BusinessHours) -> Rule:
    return replace(rule, promise=replace(rule.promise, policy_version_id=NOT_PUBLISHED, hours=hours))
