"""What would have been: other rules or opening hours applied to past traffic. Nothing is changed by it.

Every interval of the period is replayed (replaying.py) three times over: as it was promised then, by the rules that
are published now, and by the changed ones. The first two differ only where rules were published meanwhile without being
applied to open tickets, or where nothing was promised then (imported history).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.metrics import what_if_queries
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import part_kept
from helpdesk.metrics.replaying import PastInterval, PastTicket, Replayed, Verdict, replay
from helpdesk.metrics.scope import Scope
from helpdesk.offloading import off_the_hub
from helpdesk.sla.models import ClockKind
from helpdesk.sla.policies import PolicyBook

LISTED = 50
"""How many of the intervals that turn are named."""


@dataclass(kw_only=True)
class Tally:
    """Promises kept and broken."""

    kept: int = 0
    broken: int = 0

    @property
    def attainment(self) -> float | None:
        """Part of the promises that was kept, 0 to 1; None without any."""
        return part_kept(self.kept, self.broken)

    def add(self, verdict: Verdict) -> None:
        self.kept += verdict is Verdict.KEPT
        self.broken += verdict is Verdict.BROKEN


@dataclass(kw_only=True)
class Sides:
    """The same intervals as they were promised then, by the rules of now, and by the changed ones."""

    then: Tally = field(default_factory=Tally)
    now: Tally = field(default_factory=Tally)
    changed: Tally = field(default_factory=Tally)

    def add(self, then: Verdict, now: Verdict, changed: Verdict) -> None:
        self.then.add(then)
        self.now.add(now)
        self.changed.add(changed)


@dataclass(frozen=True, kw_only=True)
class Turned:
    """An interval that the change breaks, or saves."""

    past: PastInterval
    now: Replayed
    changed: Replayed

    @property
    def is_broken(self) -> bool:
        return self.changed.verdict is Verdict.BROKEN


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """`by_hour` is by the hour of the day, in the period's zone, at which the interval began.

    `by_rule` is by the rule that takes the ticket; where that is another by the change, each side counts at its own.
    """

    intervals: int
    whole: Sides
    by_kind: dict[ClockKind, Sides]
    by_hour: dict[int, Sides]
    by_rule: dict[str, Sides]
    broken: list[Turned]
    saved: list[Turned]


def what_if(scope: Scope, period: Period, *, now: PolicyBook, changed: PolicyBook, at: datetime) -> WhatIf:
    """Compare the two books over the period's intervals, in the scope."""
    past = what_if_queries.past_intervals(scope, period, at=at)
    tickets = what_if_queries.past_tickets(sorted({one.ticket_id for one in past}))
    # Of a busy month it takes seconds.
    return off_the_hub(_compare, past, tickets, period, now, changed)


def _compare(
    past: Sequence[PastInterval],
    tickets: Mapping[int, PastTicket],
    period: Period,
    now: PolicyBook,
    changed: PolicyBook,
) -> WhatIf:
    zone, until = ZoneInfo(period.zone), period.until
    found = WhatIf(intervals=len(past), whole=Sides(), by_kind={}, by_hour={}, by_rule={}, broken=[], saved=[])
    for one in past:
        ticket = tickets[one.ticket_id]
        then = one.verdict(one.due_at, paused_at=one.paused_at, until=until)
        by_now = replay(one, ticket, now, until=until)
        by_changed = replay(one, ticket, changed, until=until)
        hour = one.started_at.astimezone(zone).hour
        for sides in (
            found.whole,
            found.by_kind.setdefault(one.kind, Sides()),
            found.by_hour.setdefault(hour, Sides()),
        ):
            sides.add(then, by_now.verdict, by_changed.verdict)
        found.by_rule.setdefault(by_now.rule, Sides()).now.add(by_now.verdict)
        found.by_rule.setdefault(by_changed.rule, Sides()).changed.add(by_changed.verdict)
        if Verdict.BROKEN in (by_now.verdict, by_changed.verdict) and by_now.verdict is not by_changed.verdict:
            turned = Turned(past=one, now=by_now, changed=by_changed)
            (found.broken if turned.is_broken else found.saved).append(turned)
    return found


def worst(turned: Iterable[Turned]) -> list[Turned]:
    """Those that miss by most, or were missed by most; as many as are named."""
    return sorted(turned, key=_by_how_much, reverse=True)[:LISTED]


def _by_how_much(turned: Turned) -> float:
    due_at = turned.changed.due_at if turned.is_broken else turned.now.due_at
    return 0.0 if due_at is None else (turned.past.ends_at - due_at).total_seconds()
