"""The tickets, clocks and histories that follow from what was said, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.registry import IMPORTED
from helpdesk.copying import copy_in, take_ids
from helpdesk.importing import queries
from helpdesk.importing.conversations import ToldConversation
from helpdesk.importing.folding import Episode, episodes_of
from helpdesk.orm import db
from helpdesk.people.models import Brand
from helpdesk.sla import timing
from helpdesk.sla.models import Clock, ClockKind, ClockPause, PauseReason
from helpdesk.sla.policies import PolicyBook, Promise, TicketFacts
from helpdesk.tickets.models import Priority, Status, Tag, Ticket, TicketMessage, TicketTag, TimelineEvent

MATCHED = "imported: nothing was promised here then"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is there before a file is written: brands, their teams, their rules, the people.

    `teams` are by (brand id, name); `people` by e-mail address or name, in lower case.
    """

    brands: Mapping[str, Brand]
    teams: Mapping[tuple[int, str], int]
    book: PolicyBook
    people: Mapping[str, int]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class _NewTicket:
    id: int
    conversation: ToldConversation
    brand: Brand
    team_id: int
    episode: Episode


def write_tickets(conversations: Sequence[ToldConversation], around: Surroundings) -> int:
    """How many tickets these conversations come to."""
    brands = {brand.id: brand for brand in around.brands.values()}
    found = [
        (conversation, brands[conversation.account.brand_id], episode)
        for conversation in conversations
        for episode in episodes_of(
            conversation.records,
            reopen_time=timedelta(hours=brands[conversation.account.brand_id].reopen_hours),
            until=around.now,
        )
    ]
    tickets = [
        _NewTicket(
            id=ticket_id,
            conversation=conversation,
            brand=brand,
            team_id=around.teams.get((brand.id, episode.team), conversation.account.team_id),
            episode=episode,
        )
        for ticket_id, (conversation, brand, episode) in zip(take_ids(Ticket, len(found)), found, strict=True)
    ]
    _copy_tickets(tickets, around)
    _copy_clocks(tickets, around)
    _write_tags(tickets)
    return len(tickets)


def _copy_tickets(tickets: Sequence[_NewTicket], around: Surroundings) -> None:
    copy_in(
        Ticket,
        (
            "id",
            "brand_id",
            "conversation_id",
            "account_id",
            "customer_identity_id",
            "team_id",
            "assignee_id",
            "status",
            "priority",
            "is_split",
            "opened_at",
            "updated_at",
            "last_reply_at",
            "resolved_at",
            "resolved_by_agent_id",
            "reopened_count",
            "matched",
        ),
        (
            (
                ticket.id,
                ticket.brand.id,
                ticket.conversation.id,
                ticket.conversation.account.id,
                ticket.conversation.customer_id,
                ticket.team_id,
                _last_agent(ticket.episode, around),
                Status.CLOSED.value,
                _priority(ticket.episode).value,
                False,
                ticket.episode.opened_at,
                ticket.episode.last_at,
                ticket.episode.last_reply_at,
                ticket.episode.resolved.at if ticket.episode.resolved else None,
                around.people.get(ticket.episode.resolved.author) if ticket.episode.resolved else None,
                len(ticket.episode.reopenings),
                MATCHED,
            )
            for ticket in tickets
        ),
    )
    copy_in(
        TicketMessage,
        ("message_id", "ticket_id"),
        (
            (ticket.conversation.ids[record.external_id], ticket.id)
            for ticket in tickets
            for record in ticket.episode.messages
        ),
    )
    copy_in(
        TimelineEvent,
        ("ticket_id", "kind", "agent_id", "details", "at"),
        (
            (ticket.id, kind, agent_id, Jsonb(details), at)
            for ticket in tickets
            for at, kind, agent_id, details in _events(ticket, around)
        ),
    )


def _priority(episode: Episode) -> Priority:
    return Priority[episode.priority.upper()] if episode.priority else Priority.NORMAL


def _last_agent(episode: Episode, around: Surroundings) -> int | None:
    authors = (record.author for record in reversed(episode.messages) if record.direction == "out")
    return next((around.people[author] for author in authors if author in around.people), None)


def _events(ticket: _NewTicket, around: Surroundings) -> list[tuple[datetime, str, int | None, dict[str, Any]]]:
    """(when, kind, by whom, details), oldest first."""
    episode, ids = ticket.episode, ticket.conversation.ids
    events: list[tuple[datetime, str, int | None, dict[str, Any]]] = [(episode.opened_at, "opened", None, {})]
    events += [
        (record.at, "replied", around.people.get(record.author), {"message_id": ids[record.external_id]})
        for record in episode.messages
        if record.direction == "out" and not record.is_automatic
    ]
    events += [(at, "reopened", None, {"message_id": ids[record.external_id]}) for at, record in episode.reopenings]
    events += [
        (one.at, "resolved", around.people.get(one.author), {"author": one.author} if one.author else {})
        for one in episode.resolves
    ]
    return sorted(events, key=lambda event: event[0])


# Clocks


@dataclass(frozen=True, kw_only=True)
class _Interval:
    ticket_id: int
    kind: ClockKind
    promise: Promise
    started_at: datetime
    stopped_at: datetime
    message_id: int | None
    agent_id: int | None
    pauses: Sequence[timing.Span]


def _copy_clocks(tickets: Sequence[_NewTicket], around: Surroundings) -> None:
    intervals = [interval for ticket in tickets for interval in _intervals(ticket, around)]
    ids = take_ids(Clock, len(intervals))
    copy_in(
        Clock,
        (
            "id",
            "ticket_id",
            "kind",
            "calendar_version_id",
            "matched",
            "started_at",
            "stopped_at",
            "stopped_by_message_id",
            "stopped_by_agent_id",
            "business_seconds",
        ),
        (
            (
                clock_id,
                one.ticket_id,
                one.kind.value,
                one.promise.calendar_version_id,
                MATCHED,
                one.started_at,
                one.stopped_at,
                one.message_id,
                one.agent_id,
                timing.run_time(one.started_at, one.stopped_at, one.promise.hours, one.pauses).total_seconds(),
            )
            for clock_id, one in zip(ids, intervals, strict=True)
        ),
    )
    copy_in(
        ClockPause,
        ("clock_id", "started_at", "ended_at", "reason"),
        (
            (clock_id, began, ended, PauseReason.RESOLVED.value)
            for clock_id, one in zip(ids, intervals, strict=True)
            for began, ended in one.pauses
        ),
    )


def _intervals(ticket: _NewTicket, around: Surroundings) -> list[_Interval]:
    """The turns, and the resolution if there was one, timed in the hours of the rule that would take the ticket."""
    episode, ids = ticket.episode, ticket.conversation.ids
    promise = around.book.choose(_facts(ticket)).promise
    found = [
        _Interval(
            ticket_id=ticket.id,
            kind=turn.kind,
            promise=promise,
            started_at=turn.started_at,
            stopped_at=turn.stopped_at,
            message_id=ids[turn.reply.external_id] if turn.reply else None,
            agent_id=around.people.get(turn.reply.author) if turn.reply else None,
            pauses=(),
        )
        for turn in episode.turns
        if turn.stopped_at is not None
    ]
    if episode.resolved is not None and episode.asked_at is not None and episode.asked_at <= episode.resolved.at:
        found.append(
            _Interval(
                ticket_id=ticket.id,
                kind=ClockKind.RESOLUTION,
                promise=promise,
                started_at=episode.asked_at,
                stopped_at=episode.resolved.at,
                message_id=None,
                agent_id=around.people.get(episode.resolved.author),
                pauses=[span for span in episode.pauses if span[0] >= episode.asked_at],
            )
        )
    return found


def _facts(ticket: _NewTicket) -> TicketFacts:
    return TicketFacts(
        brand_id=ticket.brand.id,
        priority=_priority(ticket.episode).word,
        network=IMPORTED,
        account_id=ticket.conversation.account.id,
        team_id=ticket.team_id,
        tags=frozenset(ticket.episode.tags),
    )


def _write_tags(tickets: Sequence[_NewTicket]) -> None:
    tagged = [(ticket.id, ticket.brand.id, tag) for ticket in tickets for tag in ticket.episode.tags]
    if not tagged:
        return
    wanted = sorted({(brand_id, tag) for _, brand_id, tag in tagged})
    db.session.execute(
        insert(Tag).on_conflict_do_nothing(), [{"brand_id": brand_id, "name": tag} for brand_id, tag in wanted]
    )
    ids = queries.tag_ids(wanted)
    copy_in(TicketTag, ("ticket_id", "tag_id"), ((ticket_id, ids[brand, tag]) for ticket_id, brand, tag in tagged))
