"""Health: one page that tells the operator whether all is well, and what to do about each thing that is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.messaging import health_queries
from helpdesk.messaging.channel_health import SLOW_AFTER, Verdict, is_reading_due, judge
from helpdesk.messaging.health_queries import Line
from helpdesk.people import staff_queries
from helpdesk.views.access import Audience, current_agent, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.channels import NETWORK_NAMES
from helpdesk.views.admin.frame import around
from helpdesk.views.admin.health_words import ToDo, headline, lag_words, state_of, to_do
from helpdesk.views.programs import programs_at_work
from helpdesk.views.rendering import clock_time, duration, page_or_block

_LITTLE_QUOTA = 25
"""Percent."""


@dataclass(frozen=True, kw_only=True)
class ChannelRow:
    id: int
    network: str
    network_name: str
    handle: str
    kind: str
    state: str
    last_event_at: datetime | None
    lag: str
    is_behind: bool
    oldest_reply: str
    is_slow: bool
    unknown: int
    failed: int
    set_aside: int
    parked: int
    quota: str
    quota_left: int | None
    """Percent; None: the network has named no limit that still holds."""
    is_quota_low: bool
    refused_today: int
    to_do: Sequence[ToDo]
    is_paused: bool


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    label: str
    rows: int
    oldest: str
    is_slow: bool = False


@blueprint.get("/health")
@open_to(Audience.ADMINS)
def show_health() -> ResponseReturnValue:
    """The page; as a fragment all that changes, which asks for itself every few seconds."""
    at, zone = clock.now(), current_agent().time_zone
    verdicts = [judge(facts, at=at) for facts in health_queries.channel_facts(at=at)]
    programs = programs_at_work()
    names = _names_of_those_who_paused(verdicts)
    return page_or_block(
        "admin/health.html",
        "health",
        **around("health"),
        at=at,
        headline=headline(verdicts, programs.troubles(at=at)),
        channels=[_row(verdict, names, zone=zone, at=at) for verdict in verdicts],
        queues=_queues(verdicts, zone=zone, at=at),
        programs=programs,
    )


def _row(verdict: Verdict, names: Mapping[int, str], *, zone: str, at: datetime) -> ChannelRow:
    facts, account = verdict.facts, verdict.facts.account
    kind, state = state_of(verdict)
    quota, left = _quota(verdict, at=at)
    return ChannelRow(
        id=account.id,
        network=account.network,
        network_name=NETWORK_NAMES.get(account.network, account.network),
        handle=account.handle,
        kind=kind,
        state=state,
        last_event_at=account.last_event_at,
        lag=lag_words(verdict.lag.total_seconds()),
        is_behind=verdict.lag > SLOW_AFTER,
        oldest_reply=duration(verdict.oldest_queued.total_seconds()) if facts.queued.rows else "–",
        is_slow=verdict.oldest_queued > SLOW_AFTER,
        unknown=facts.unknown,
        failed=facts.failed,
        set_aside=facts.set_aside + facts.overdue_parked,
        parked=facts.parked,
        quota=quota,
        quota_left=left,
        is_quota_low=left is not None and left < _LITTLE_QUOTA,
        refused_today=facts.refused_today,
        to_do=to_do(verdict, paused_by=names.get(account.paused_by_id or 0, ""), zone=zone),
        is_paused=account.paused_at is not None,
    )


def _quota(verdict: Verdict, *, at: datetime) -> tuple[str, int | None]:
    """(words, percent left); once its time is over the network's last word says nothing."""
    account = verdict.facts.account
    limit, remaining, resets_at = account.quota_limit, account.quota_remaining, account.quota_resets_at
    if not limit or remaining is None or resets_at is None or resets_at <= at:
        return "no limit known", None
    return f"{remaining} of {limit} left", round(100 * remaining / limit)


def _queues(verdicts: Sequence[Verdict], *, zone: str, at: datetime) -> list[QueueRow]:
    later, media = health_queries.scheduled_and_media(at=at)
    incoming = _together([verdict.facts.waiting for verdict in verdicts])
    replies = _together([verdict.facts.queued for verdict in verdicts])
    looked_for = _together([verdict.facts.looked_for for verdict in verdicts])
    records = sum(is_reading_due(verdict.facts, at=at) for verdict in verdicts)
    parked = sum(verdict.facts.parked for verdict in verdicts)
    return [
        _queue("Incoming events", incoming, at=at),
        _queue("Replies to deliver", replies, at=at),
        QueueRow(label="Scheduled for later", rows=later.rows, oldest=_due(later, zone)),
        _queue("Media to fetch", media, at=at),
        QueueRow(label="Networks' records to read", rows=records, oldest="–"),
        QueueRow(label="Unknown replies to look for", rows=looked_for.rows, oldest=_due(looked_for, zone)),
        QueueRow(label="Waiting for their message", rows=parked, oldest="–"),
    ]


def _due(line: Line, zone: str) -> str:
    return f"due {clock_time(line.oldest, zone)}" if line.oldest else "–"


def _together(lines: Sequence[Line]) -> Line:
    return Line(
        rows=sum(line.rows for line in lines),
        oldest=min((line.oldest for line in lines if line.oldest is not None), default=None),
    )


def _queue(label: str, line: Line, *, at: datetime) -> QueueRow:
    age = at - line.oldest if line.oldest is not None else timedelta()
    oldest = lag_words(max(0.0, age.total_seconds())) if line.rows else "–"
    return QueueRow(label=label, rows=line.rows, oldest=oldest, is_slow=age > SLOW_AFTER)


def _names_of_those_who_paused(verdicts: Sequence[Verdict]) -> dict[int, str]:
    return staff_queries.names_of({v.facts.account.paused_by_id for v in verdicts if v.facts.account.paused_by_id})
