"""What was said in one conversation, told as tickets: the same rules as for what arrives live (behaviour.md 1 and 2).

An old system's record has no promises, pauses or queue; what it has is who wrote when, and perhaps when somebody
resolved. An episode ends when a customer writes more than the reopen time after it was resolved; where nobody said
that it was, after it was answered and then quiet for as long. What was never answered ends with its episode, without a
reply, the reopen time after the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.importing.records import Record
from helpdesk.sla.models import ClockKind
from helpdesk.tickets.closing_messages import is_closing_message

Span = tuple[datetime, datetime]


@dataclass(kw_only=True)
class Turn:
    """One wait for a reply. `reply` is the record that ended it; None: it ended without one."""

    kind: ClockKind
    started_at: datetime
    stopped_at: datetime | None = None
    reply: Record | None = None


@dataclass(kw_only=True)
class Resolve:
    at: datetime
    author: str


@dataclass(kw_only=True)
class Episode:
    """One ticket. `pauses` are the spans in which it was resolved before it was opened again."""

    opened_at: datetime
    is_begun_by_brand: bool
    messages: list[Record] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    asked_at: datetime | None = None
    """The first customer message that asks for something: the resolution is timed from there."""
    resolves: list[Resolve] = field(default_factory=list)
    reopenings: list[tuple[datetime, Record]] = field(default_factory=list)
    last_reply_at: datetime | None = None
    is_resolved: bool = False
    team: str = ""
    priority: str = ""
    tags: dict[str, None] = field(default_factory=dict)

    @property
    def waiting(self) -> Turn | None:
        return self.turns[-1] if self.turns and self.turns[-1].stopped_at is None else None

    @property
    def last_at(self) -> datetime:
        return max(self.messages[-1].at, self.resolves[-1].at if self.resolves else self.messages[-1].at)

    @property
    def resolved(self) -> Resolve | None:
        return self.resolves[-1] if self.is_resolved else None

    @property
    def pauses(self) -> list[Span]:
        return [(resolve.at, at) for resolve, (at, _) in zip(self.resolves, self.reopenings, strict=False)]


def episodes_of(records: Iterable[Record], *, reopen_time: timedelta, until: datetime) -> list[Episode]:
    """The episodes of one conversation. `records` are in the order of their time; nothing is known after `until`."""
    episodes: list[Episode] = []
    for record in records:
        now = episodes[-1] if episodes else None
        if record.direction == "":
            if now is not None and not now.is_resolved:
                _resolve(now, record)
            continue
        if now is None or _is_over(now, record, reopen_time):
            now = Episode(opened_at=record.at, is_begun_by_brand=record.direction == "out")
            episodes.append(now)
        _say(now, record)
    for episode in episodes:
        waiting = episode.waiting
        if waiting is not None:
            waiting.stopped_at = max(waiting.started_at, min(episode.last_at + reopen_time, until))
    return episodes


def _is_over(episode: Episode, record: Record, reopen_time: timedelta) -> bool:
    if episode.resolved is not None:
        return record.at > episode.resolved.at + reopen_time
    return record.direction == "in" and episode.waiting is None and record.at > episode.last_at + reopen_time


def _say(episode: Episode, record: Record) -> None:
    episode.messages.append(record)
    episode.team, episode.priority = record.team or episode.team, record.priority or episode.priority
    episode.tags |= dict.fromkeys(record.tags)
    if record.direction == "in":
        _customer_said(episode, record)
    elif not record.is_automatic:
        _brand_said(episode, record)


def _customer_said(episode: Episode, record: Record) -> None:
    if episode.is_resolved:
        if is_closing_message(record.text):
            return
        episode.is_resolved = False
        episode.reopenings.append((record.at, record))
    episode.asked_at = episode.asked_at or record.at
    if episode.waiting is None:
        is_first = episode.last_reply_at is None and not episode.reopenings
        kind = ClockKind.FIRST_RESPONSE if is_first else ClockKind.NEXT_RESPONSE
        episode.turns.append(Turn(kind=kind, started_at=record.at))


def _brand_said(episode: Episode, record: Record) -> None:
    episode.last_reply_at = record.at
    waiting = episode.waiting
    if waiting is not None:
        waiting.stopped_at, waiting.reply = record.at, record


def _resolve(episode: Episode, record: Record) -> None:
    waiting = episode.waiting
    if waiting is not None:
        waiting.stopped_at = record.at
    episode.is_resolved = True
    episode.resolves.append(Resolve(at=record.at, author=record.author))
    episode.team, episode.priority = record.team or episode.team, record.priority or episode.priority
    episode.tags |= dict.fromkeys(record.tags)
