"""The second half of an import: conversations, their messages, and the tickets and clocks that follow from them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from helpdesk.arrays import any_of, arrays_of, insert_of
from helpdesk.channels.port import InboundIdentity, PartKind
from helpdesk.channels.registry import IMPORTED
from helpdesk.copying import copy_in, take_ids
from helpdesk.importing import queries
from helpdesk.importing.folding import Episode, episodes_of
from helpdesk.importing.queries import KnownTicket
from helpdesk.importing.records import Place, Record
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.inbound import add_participants, ensure_identities, move_last_message
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    Direction,
    Message,
    Origin,
    Part,
    ParticipantRole,
)
from helpdesk.orm import db
from helpdesk.people.models import Brand
from helpdesk.sla import timing
from helpdesk.sla.models import Clock, ClockKind, ClockPause, PauseReason
from helpdesk.sla.policies import PolicyBook, Promise, TicketFacts
from helpdesk.tickets.models import (
    Draft,
    Presence,
    Priority,
    Status,
    Tag,
    Ticket,
    TicketMessage,
    TicketTag,
    TimelineEvent,
)

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


@dataclass(kw_only=True)
class Told:
    """One conversation of the file: its lines, oldest first, each with its number."""

    place: Place
    lines: list[tuple[int, Record]]


@dataclass(kw_only=True)
class Written:
    """What came of a batch. `refused` are (line, reason, excerpt)."""

    messages: int = 0
    known: int = 0
    tickets: int = 0
    conversations: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class _Conversation:
    """One conversation in the making. `ids` are those of messages that are there already."""

    account: ChannelAccount
    id: int
    customer_id: int
    records: list[Record]
    ids: dict[str, int] = field(default_factory=dict)
    resolves: list[Record] = field(default_factory=list)
    retold: list[KnownTicket] = field(default_factory=list)
    new: list[Record] = field(default_factory=list)


def write_conversations(
    told: Sequence[Told], accounts: Mapping[tuple[str, str], ChannelAccount], around: Surroundings
) -> Written:
    """Write what is new of these conversations; one that an earlier import brought is told anew as a whole."""
    written = Written()
    made = _make(told, accounts)
    _find_known(made)
    changed = [
        conversation for one, conversation in zip(told, made, strict=True) if _sort_out(one, conversation, written)
    ]
    _take_away([ticket.id for conversation in changed for ticket in conversation.retold])
    _write_messages(changed, around)
    _write_tickets(changed, around, written)
    written.conversations += len(changed)
    return written


def name_records(records: Iterable[Record]) -> None:
    """Give those without an id one that follows from what they say, the same whenever the file is read."""
    times: Counter[str] = Counter()
    for record in records:
        if not record.external_id:
            said = f"{record.at.isoformat()}\x1f{record.direction}\x1f{record.text}"
            digest = hashlib.sha256(said.encode()).hexdigest()[:24]
            record.external_id = f"~{digest}.{times[digest]}"
            times[digest] += 1


# Conversations


def _make(told: Sequence[Told], accounts: Mapping[tuple[str, str], ChannelAccount]) -> list[_Conversation]:
    """The rows of these conversations, locked in the order of their ids, and their customers."""
    at_account = [accounts[one.place.brand, one.place.channel] for one in told]
    customers = [_customer(one, account) for one, account in zip(told, at_account, strict=True)]
    identities = ensure_identities(IMPORTED, {person.external_id: person for person in customers}.values())
    rows = [
        {
            "public_id": uuid4(),
            "network": IMPORTED,
            "account_id": account.id,
            "external_key": one.place.conversation,
            "kind": "direct",
            "title": "",
            "version": 0,
            "created_at": one.lines[0][1].at,
        }
        for one, account in zip(told, at_account, strict=True)
    ]
    statement = insert_of(Conversation, rows).on_conflict_do_nothing(index_elements=["account_id", "external_key"])
    db.session.execute(statement, arrays_of(rows))
    ids: dict[tuple[int, str], int] = {}
    for account in sorted({account.id: account for account in at_account}.values(), key=lambda account: account.id):
        keys = {one.place.conversation for one, its in zip(told, at_account, strict=True) if its is account}
        found = messaging_queries.lock_conversations(account.id, keys)
        ids |= {(account.id, key): conversation_id for key, conversation_id in found.items()}
    made = [
        _Conversation(
            account=account,
            id=ids[account.id, one.place.conversation],
            customer_id=identities[person.external_id],
            records=[],
        )
        for one, account, person in zip(told, at_account, customers, strict=True)
    ]
    add_participants(
        [
            (conversation.id, identity_id, role, one.lines[0][1].at)
            for one, conversation in zip(told, made, strict=True)
            for identity_id, role in (
                (conversation.customer_id, ParticipantRole.CUSTOMER),
                (conversation.account.identity_id, ParticipantRole.BRAND),
            )
        ]
    )
    return made


def _customer(one: Told, account: ChannelAccount) -> InboundIdentity:
    named = next((record for _, record in one.lines if record.customer), None)
    name = next((record.customer_name for _, record in reversed(one.lines) if record.customer_name), "")
    customer = named.customer if named else f"conversation {one.place.conversation}"
    return InboundIdentity(
        external_id=f"{account.id}:{customer}",
        display_name=name or (customer if named else f"Customer of {one.place.conversation}"),
        handle=customer if named else "",
    )


def _find_known(made: Sequence[_Conversation]) -> None:
    """Fill in what earlier imports brought of these conversations."""
    by_id = {conversation.id: conversation for conversation in made}
    for message in queries.known_messages(sorted(by_id)):
        record = Record(
            at=message.at.astimezone(UTC),
            direction="in" if message.direction == Direction.IN else "out",
            external_id=message.external_id,
            text=message.text,
            author=message.author,
            is_automatic=message.is_automatic,
        )
        by_id[message.conversation_id].records.append(record)
        by_id[message.conversation_id].ids[message.external_id] = message.id
    known = [conversation for conversation in made if conversation.ids]
    if not known:
        return
    tickets = {ticket.id: ticket for ticket in queries.known_tickets([conversation.id for conversation in known])}
    for ticket in tickets.values():
        by_id[ticket.conversation_id].retold.append(ticket)
    for ticket_id, at, author in queries.known_resolves(sorted(tickets)):
        resolve = Record(at=at.astimezone(UTC), direction="", author=author)
        by_id[tickets[ticket_id].conversation_id].resolves.append(resolve)
    _remember_what_tickets_say(tickets, by_id)


def _remember_what_tickets_say(tickets: Mapping[int, KnownTicket], by_id: Mapping[int, _Conversation]) -> None:
    """Team, priority and tags stand with the first message of their ticket, as if its line had said them."""
    tags: dict[int, list[str]] = {}
    for ticket_id, name in queries.known_tags(sorted(tickets)):
        tags.setdefault(ticket_id, []).append(name)
    for ticket in tickets.values():
        records = by_id[ticket.conversation_id].records
        first = next(record for record in records if record.at == ticket.opened_at)
        first.team, first.priority = ticket.team, Priority(ticket.priority).word
        first.tags = tuple(tags.get(ticket.id, ()))


def _sort_out(one: Told, conversation: _Conversation, written: Written) -> bool:
    """Split what the file says of a conversation into new and known; whether anything is new."""
    records = [record for _, record in one.lines]
    name_records(record for record in records if record.direction)
    seen = {record.external_id: record for record in conversation.records}
    is_touched = any(ticket.is_touched for ticket in conversation.retold)
    resolved_at = {resolve.at for resolve in conversation.resolves}
    new: list[Record] = []
    for line, record in one.lines:
        if record.direction == "" and record.at in resolved_at:
            continue
        before = seen.get(record.external_id) if record.direction else None
        if before is not None and _is_same(before, record):
            written.known += 1
        elif before is not None:
            reason = f"message {record.external_id[:40]!r} of this conversation is there already, and says otherwise"
            written.refused.append((line, reason, record.text[:120]))
        elif is_touched:
            reason = "people have worked on this conversation since it was imported; nothing is added to it"
            written.refused.append((line, reason, record.text[:120]))
        else:
            new.append(record)
            seen[record.external_id or f"resolve {line}"] = record
    conversation.new = [record for record in new if record.direction]
    written.messages += len(conversation.new)
    # In the order of their time, a resolve after what was said at the same instant.
    told = [*conversation.records, *conversation.resolves, *new]
    conversation.records = sorted(told, key=lambda record: (record.at, record.direction == ""))
    return bool(new)


def _is_same(one: Record, other: Record) -> bool:
    return (one.at, one.direction, one.text) == (other.at, other.direction, other.text)


def _take_away(ticket_ids: Sequence[int]) -> None:
    """Tickets that are told anew; their messages stay."""
    if not ticket_ids:
        return
    for model in (TicketMessage, TicketTag, TimelineEvent, Presence, Draft, Clock):
        db.session.execute(delete(model).where(any_of(model.ticket_id, ticket_ids)))
    db.session.execute(delete(Ticket).where(any_of(Ticket.id, ticket_ids)))


# Messages


def _write_messages(conversations: Sequence[_Conversation], around: Surroundings) -> None:
    said = [(conversation, record) for conversation in conversations for record in conversation.new]
    if not said:
        return
    # Ids grow with time, as they do where messages come one by one.
    said.sort(key=lambda one: one[1].at)
    for message_id, (conversation, record) in zip(take_ids(Message, len(said)), said, strict=True):
        conversation.ids[record.external_id] = message_id
    copy_in(
        Message,
        (
            "id",
            "conversation_id",
            "author_identity_id",
            "author_agent_id",
            "direction",
            "origin",
            "external_id",
            "platform_time",
            "received_at",
            "released_at",
            "is_backfilled",
            "version",
        ),
        (
            (
                conversation.ids[record.external_id],
                conversation.id,
                conversation.customer_id if record.direction == "in" else conversation.account.identity_id,
                around.people.get(record.author) if record.direction == "out" else None,
                record.direction,
                _origin(record),
                record.external_id,
                record.at,
                around.now,
                record.at,
                True,
                0,
            )
            for conversation, record in said
        ),
    )
    copy_in(
        Part,
        ("message_id", "position", "kind", "text", "details"),
        (
            (conversation.ids[record.external_id], 0, PartKind.TEXT.value, record.text, _details(record, around))
            for conversation, record in said
        ),
    )
    move_last_message((conversation.id, conversation.ids[r.external_id], r.at) for conversation, r in said)


def _origin(record: Record) -> str:
    if record.direction == "in":
        return Origin.CUSTOMER.value
    return Origin.DESK_AUTOMATION.value if record.is_automatic else Origin.NATIVE_APP.value


def _details(record: Record, around: Surroundings) -> Jsonb:
    """Who wrote it, where it was nobody whom we know."""
    is_stranger = record.direction == "out" and record.author and record.author not in around.people
    return Jsonb({"author": record.author} if is_stranger else {})


# Tickets


@dataclass(frozen=True, kw_only=True)
class _NewTicket:
    id: int
    conversation: _Conversation
    brand: Brand
    team_id: int
    episode: Episode


def _write_tickets(conversations: Sequence[_Conversation], around: Surroundings, written: Written) -> None:
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
    written.tickets += len(tickets) - sum(len(conversation.retold) for conversation in conversations)
    _copy_tickets(tickets, around)
    _copy_clocks(tickets, around)
    _write_tags(tickets)


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
