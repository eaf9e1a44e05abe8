"""Is all well with a channel, and what is there to do: pure functions of its figures.

What passes by itself is told apart from what needs a person, because only the second is a reason to get up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.messaging.health_queries import ChannelFacts, Line
from helpdesk.messaging.models import Health

SLOW_AFTER = timedelta(minutes=1)
"""Work that a worker could do is done in seconds; what waits for longer is told."""

UNREAD_AFTER = 3
"""Tries in a row to read the network's record: one that fails is nothing."""

REFUSING_AFTER = timedelta(minutes=5)
"""Without a good call for so long before a bad one."""


class Trouble(StrEnum):
    """Each kind once, the gravest first."""

    AUTH_LOST = "auth_lost"
    RESTRICTED = "restricted"
    MISCONFIGURED = "misconfigured"
    BILLING = "billing"
    REFUSING = "refusing"
    NOT_CALLED = "not_called"
    SET_ASIDE = "set_aside"
    UNKNOWN = "unknown"
    FAILED = "failed"
    OVERDUE_PARKED = "overdue_parked"
    PAUSED = "paused"
    BEHIND = "behind"
    UNREAD = "unread"
    QUOTA_SPENT = "quota_spent"
    SLOW = "slow"


PASSES_BY_ITSELF = frozenset({Trouble.PAUSED, Trouble.BEHIND, Trouble.UNREAD, Trouble.QUOTA_SPENT, Trouble.SLOW})
"""Nobody need get up for these; a pause is somebody's own decision."""

BROKEN = frozenset({Trouble.AUTH_LOST, Trouble.RESTRICTED, Trouble.MISCONFIGURED, Trouble.BILLING})

_OF_HEALTH = {
    Health.AUTH_LOST: Trouble.AUTH_LOST,
    Health.RESTRICTED: Trouble.RESTRICTED,
    Health.MISCONFIGURED: Trouble.MISCONFIGURED,
    Health.BILLING: Trouble.BILLING,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One channel account's figures, and what is wrong by them; nothing is when `troubles` is empty."""

    facts: ChannelFacts
    lag: timedelta
    """Age of the oldest event that is not taken in."""
    oldest_queued: timedelta
    troubles: tuple[Trouble, ...]

    @property
    def is_broken(self) -> bool:
        return any(trouble in BROKEN for trouble in self.troubles)

    @property
    def needs_somebody(self) -> bool:
        return any(trouble not in PASSES_BY_ITSELF for trouble in self.troubles)


def judge(facts: ChannelFacts, *, at: datetime) -> Verdict:
    return Verdict(
        facts=facts,
        lag=_age(facts.waiting, at),
        oldest_queued=_age(facts.queued, at),
        troubles=tuple(sorted(_troubles(facts, at), key=list(Trouble).index)),
    )


def _troubles(facts: ChannelFacts, at: datetime) -> Iterator[Trouble]:
    account = facts.account
    if account.health != Health.OK:
        yield _OF_HEALTH[Health(account.health)]
    if _refuses_all(facts):
        yield Trouble.REFUSING
    if facts.link is not None and facts.link.webhook_id and not facts.link.webhook_is_valid:
        yield Trouble.NOT_CALLED
    if facts.set_aside:
        yield Trouble.SET_ASIDE
    if facts.unknown:
        yield Trouble.UNKNOWN
    if facts.failed:
        yield Trouble.FAILED
    if facts.overdue_parked:
        yield Trouble.OVERDUE_PARKED
    if account.paused_at is not None:
        yield Trouble.PAUSED
    if _age(facts.waiting, at) > SLOW_AFTER:
        yield Trouble.BEHIND
    if facts.link is not None and facts.link.history_failures >= UNREAD_AFTER and _may_be_asked(facts):
        yield Trouble.UNREAD
    if facts.queued.rows and _may_be_asked(facts):
        if is_quota_spent(facts, at):
            yield Trouble.QUOTA_SPENT
        elif _age(facts.queued, at) > SLOW_AFTER:
            yield Trouble.SLOW


def is_reading_due(facts: ChannelFacts, *, at: datetime) -> bool:
    """Whether the network's record is to be read now."""
    link = facts.link
    return link is not None and _may_be_asked(facts) and (link.history_due_at is None or link.history_due_at <= at)


def _may_be_asked(facts: ChannelFacts) -> bool:
    return facts.account.health == Health.OK and facts.account.paused_at is None


def is_quota_spent(facts: ChannelFacts, at: datetime) -> bool:
    account = facts.account
    return account.quota_remaining == 0 and account.quota_resets_at is not None and account.quota_resets_at > at


def _refuses_all(facts: ChannelFacts) -> bool:
    """A stranger's bad call among good ones is nothing; bad ones alone are a wrong secret."""
    last_good = facts.account.last_event_at
    return facts.refused_at is not None and (last_good is None or facts.refused_at > last_good + REFUSING_AFTER)


def _age(line: Line, at: datetime) -> timedelta:
    return max(at - line.oldest, timedelta()) if line.oldest is not None else timedelta()
