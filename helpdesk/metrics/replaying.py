"""One interval of the past, timed by other rules: what it would have been promised, and whether that was kept. Pure.

Who wrote when, and what the staff did, stay as they were; only the promise is another. So the rules that were in force
give what was measured, to the second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from helpdesk.orm import Json
from helpdesk.sla import timing
from helpdesk.sla.models import ClockKind, PauseReason
from helpdesk.sla.policies import ChosenPolicy, PolicyBook, TicketFacts


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NEITHER = "neither"
    """Nothing was promised, there is still time, or the ticket was resolved in time without a reply."""


@dataclass(frozen=True, kw_only=True)
class PastInterval:
    """One interval as it was. `ends_at`: when it stopped, else when it is looked at.

    `due_at` is what was promised then, `paused_at` since when that promise stands still.
    """

    clock_id: int
    ticket_id: int
    kind: ClockKind
    started_at: datetime
    stopped_at: datetime | None
    ends_at: datetime
    is_answered: bool
    due_at: datetime | None
    paused_at: datetime | None

    def verdict(self, due_at: datetime | None, *, paused_at: datetime | None, until: datetime) -> Verdict:
        """Of a promise that is due at `due_at`, counted in a period that ends at `until`."""
        if due_at is None:
            return Verdict.NEITHER
        if self.stopped_at is None:
            is_late = due_at < (paused_at or self.ends_at) and due_at < until
            return Verdict.BROKEN if is_late else Verdict.NEITHER
        if self.stopped_at > due_at:
            return Verdict.BROKEN
        return Verdict.KEPT if self.is_answered or self.kind is ClockKind.RESOLUTION else Verdict.NEITHER


@dataclass(frozen=True, kw_only=True)
class Away:
    """A span in which a ticket was pending, snoozed or resolved; `ended` None: it still is."""

    began: datetime
    ended: datetime | None
    reason: PauseReason


@dataclass(frozen=True, kw_only=True)
class Change:
    """What changed a ticket's priority, team or tags; `details` as in its timeline event."""

    at: datetime
    kind: str
    details: Json


@dataclass(frozen=True, kw_only=True)
class PastTicket:
    """A ticket as it is now, and what it went through, oldest first."""

    brand_id: int
    priority: str
    network: str
    account_id: int
    team_id: int
    tags: frozenset[str]
    away: Sequence[Away]
    changes: Sequence[Change]

    def facts(self, *, at: datetime) -> TicketFacts:
        """What a rule could ask of it at this instant: what changed later is taken back."""
        priority, team_id, tags = self.priority, self.team_id, self.tags
        for change in reversed(self.changes):
            if change.at <= at:
                break
            match change.kind:
                case "priority":
                    priority = change.details["before"]
                case "team":
                    team_id = change.details.get("before_id", team_id)
                case "tagged":
                    tags = tags - {change.details["tag"]}
                case "untagged":
                    tags = tags | {change.details["tag"]}
        return TicketFacts(
            brand_id=self.brand_id,
            priority=priority,
            network=self.network,
            account_id=self.account_id,
            team_id=team_id,
            tags=tags,
        )


def put_away(moves: Sequence[tuple[datetime, str]]) -> list[Away]:
    """The spans between a ticket's moves, (when, kind of event) oldest first, in which it was not open."""
    following = [at for at, _ in moves[1:]]
    return [
        Away(began=at, ended=ended, reason=PauseReason(kind))
        for (at, kind), ended in zip(moves, [*following, None], strict=False)
        if kind in _REASONS
    ]


_REASONS = frozenset(reason.value for reason in PauseReason)


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What rules promise an interval. `rule` is the name of the one that took the ticket, "" for none."""

    rule: str
    matched: str
    due_at: datetime | None
    verdict: Verdict


def replay(past: PastInterval, ticket: PastTicket, book: PolicyBook, *, until: datetime) -> Replayed:
    """The interval under these rules."""
    away = [span for span in ticket.away if past.started_at <= span.began < past.ends_at]
    choices = _choices(past, ticket, away, book)
    chosen = choices[-1].chosen
    pauses = list(_pauses(past, away, choices))
    paused_at = pauses.pop()[0] if past.stopped_at is None and pauses and pauses[-1][1] == past.ends_at else None
    target, due_at = chosen.promise.targets.get(past.kind), None
    if target is not None:
        due_at = timing.due_after(past.started_at, target, chosen.promise.hours, pauses)
    verdict = past.verdict(due_at, paused_at=paused_at, until=until)
    return Replayed(rule=chosen.rule, matched=chosen.matched, due_at=due_at, verdict=verdict)


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """From `since` on, until the next one, this rule had the ticket."""

    since: datetime
    chosen: ChosenPolicy


def _choices(past: PastInterval, ticket: PastTicket, away: Sequence[Away], book: PolicyBook) -> list[_Choice]:
    """The rules that had the ticket while the interval ran; what changed while it was resolved changed no promise."""
    found = [_Choice(since=past.started_at, chosen=book.choose(ticket.facts(at=past.started_at)))]
    for change in ticket.changes:
        if past.started_at < change.at <= past.ends_at and not _is_resolved(away, change.at):
            chosen = book.choose(ticket.facts(at=change.at))
            if chosen.rule != found[-1].chosen.rule:
                found.append(_Choice(since=change.at, chosen=chosen))
    return found


def _is_resolved(away: Sequence[Away], at: datetime) -> bool:
    return any(
        span.reason is PauseReason.RESOLVED and span.began <= at and (span.ended is None or at < span.ended)
        for span in away
    )


def _pauses(past: PastInterval, away: Sequence[Away], choices: Sequence[_Choice]) -> Iterator[timing.Span]:
    """The pauses, each by the rule that had the ticket then; the time resolved always is one.

    One that has not ended comes last, and reaches to the end of the interval.
    """
    ends = [choice.since for choice in choices[1:]] + [past.ends_at]
    for span in away:
        ended = min(span.ended or past.ends_at, past.ends_at)
        if span.reason is PauseReason.RESOLVED:
            yield span.began, ended
            continue
        for choice, end in zip(choices, ends, strict=True):
            part = max(span.began, choice.since), min(ended, end)
            if part[0] < part[1] and span.reason in choice.chosen.promise.pauses_while:
                yield part
