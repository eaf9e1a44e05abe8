"""Conversations of a file beside what earlier imports brought of them: what of it is new.

One that has anything new is told anew as a whole, from all that was ever said in it, so that a month that comes in two
files comes to the same as in one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from uuid import uuid4

from helpdesk.arrays import arrays_of, insert_of
from helpdesk.channels.port import InboundIdentity
from helpdesk.channels.registry import IMPORTED
from helpdesk.importing import queries
from helpdesk.importing.queries import KnownTicket
from helpdesk.importing.records import Place, Record
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.inbound import add_participants, ensure_identities
from helpdesk.messaging.models import ChannelAccount, Conversation, Direction, ParticipantRole
from helpdesk.orm import db
from helpdesk.tickets.models import Priority


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
class ToldConversation:
    """One conversation in the making. `ids` are those of messages that are there already."""

    account: ChannelAccount
    id: int
    customer_id: int
    records: list[Record]
    ids: dict[str, int] = field(default_factory=dict)
    resolves: list[Record] = field(default_factory=list)
    retold: list[KnownTicket] = field(default_factory=list)
    new: list[Record] = field(default_factory=list)


def open_conversations(
    told: Sequence[Told], accounts: Mapping[tuple[str, str], ChannelAccount], written: Written
) -> list[ToldConversation]:
    """Those that have anything new, locked; what is known, or cannot be taken, is counted in `written`."""
    made = _make(told, accounts)
    _find_known(made)
    return [conversation for one, conversation in zip(told, made, strict=True) if _sort_out(one, conversation, written)]


def _make(told: Sequence[Told], accounts: Mapping[tuple[str, str], ChannelAccount]) -> list[ToldConversation]:
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
        ToldConversation(
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


def _find_known(made: Sequence[ToldConversation]) -> None:
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


def _remember_what_tickets_say(tickets: Mapping[int, KnownTicket], by_id: Mapping[int, ToldConversation]) -> None:
    """Team, priority and tags stand with the first message of their ticket, as if its line had said them."""
    tags: dict[int, list[str]] = {}
    for ticket_id, name in queries.known_tags(sorted(tickets)):
        tags.setdefault(ticket_id, []).append(name)
    for ticket in tickets.values():
        records = by_id[ticket.conversation_id].records
        first = next(record for record in records if record.at == ticket.opened_at)
        first.team, first.priority = ticket.team, Priority(ticket.priority).word
        first.tags = tuple(tags.get(ticket.id, ()))


def _sort_out(one: Told, conversation: ToldConversation, written: Written) -> bool:
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


def name_records(records: Iterable[Record]) -> None:
    """Give those without an id one that follows from what they say, the same whenever the file is read."""
    times: Counter[str] = Counter()
    for record in records:
        if not record.external_id:
            said = f"{record.at.isoformat()}\x1f{record.direction}\x1f{record.text}"
            digest = hashlib.sha256(said.encode()).hexdigest()[:24]
            record.external_id = f"~{digest}.{times[digest]}"
            times[digest] += 1
