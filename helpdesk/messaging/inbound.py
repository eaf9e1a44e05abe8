"""What a network told us: kept raw before we answer, then put into conversations.

Everything here takes many at once: a drain handles hundreds of events in one transaction. Known ids change
nothing, so repetition is harmless; conversations are locked in id order, so two drains and a reply that meet
in one conversation take turns and never wait for each other in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from helpdesk import bells
from helpdesk.arrays import any_of, arrays_of, insert_of, rows_for
from helpdesk.channels.port import InboundIdentity, InboundMessage, InboundPart, PartKind
from helpdesk.messaging import queries, same_instant
from helpdesk.messaging.models import (
    ChannelAccount,
    Contact,
    Conversation,
    Direction,
    File,
    Identity,
    InboundEvent,
    InboundState,
    Message,
    Origin,
    Part,
    Participant,
    ParticipantRole,
    RefusedCalls,
)
from helpdesk.orm import db
from helpdesk.transaction import execute_alone

_NO_NETWORK_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


def believable(told: datetime, *, heard_at: datetime) -> datetime:
    """When a network says it happened; a clock that runs ahead of ours, or stands at nought, is not believed."""
    return min(told, heard_at) if told >= _NO_NETWORK_BEFORE else heard_at


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A message and when we heard of it."""

    message: InboundMessage
    at: datetime

    @property
    def sent_at(self) -> datetime:
        """Platform time, as far as it can be believed."""
        return believable(self.message.sent_at, heard_at=self.at)


@dataclass(frozen=True, kw_only=True)
class PlacedMessage:
    """A message that was new, in its place."""

    id: int
    conversation_id: int
    customer_identity_id: int
    is_from_brand: bool
    sent_at: datetime
    received_at: datetime
    text: str
    is_late: bool
    """Said before something that its conversation had already."""
    is_backfilled: bool = False


@dataclass(frozen=True, kw_only=True)
class RawCall:
    """One webhook call as it came; its signature has been checked."""

    account_id: int
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


def store_events(calls: Sequence[RawCall]) -> None:
    """Keep webhook calls as they came, committed on return; `ring_for` them then.

    This is what networks wait for: one statement, which is its own transaction. A row may be stored twice by it, which
    harms nothing (docs/decisions/0001).
    """
    rows = [
        {
            "account_id": call.account_id,
            "received_at": call.received_at,
            "headers": dict(call.headers),
            "body": call.body,
            "body_hash": sha256(call.body).hexdigest(),
        }
        for call in calls
    ]
    execute_alone(insert_of(InboundEvent, rows), arrays_of(rows))


def ring_for(calls: Iterable[RawCall]) -> None:
    """Ask for what was stored to be looked at."""
    for account_id in {call.account_id for call in calls}:
        bells.ring(bells.INGEST, account_id)


def add_refused(counts: Mapping[tuple[int, date], int], *, at: datetime) -> None:
    """A call with a bad signature leaves nothing but a count for its account and day (UTC).

    In the order of accounts, so that two processes that write at once never wait for each other in a circle.
    """
    rows = [
        {"account_id": account_id, "day": day, "count": count, "last_at": at}
        for (account_id, day), count in sorted(counts.items())
    ]
    statement = insert(RefusedCalls).values(rows)
    together = {"count": RefusedCalls.count + statement.excluded.count, "last_at": at}
    db.session.execute(statement.on_conflict_do_update(index_elements=["account_id", "day"], set_=together))


def hold_conversations(account: ChannelAccount, messages: Sequence[InboundMessage], keys: Iterable[str]) -> None:
    """Lock all that a batch will touch at once, in id order: the conversations of its messages, which are made where
    they are new, and those that have these keys.

    Step by step, echoes, messages and receipts each their own, two batches could wait for each other in a circle.
    """
    if messages:
        _make_conversations(account, messages, _identity_ids(account, messages))
    queries.lock_conversations(account.id, {*keys, *(message.conversation_key for message in messages)})


def place_messages(account: ChannelAccount, heard: Sequence[Heard]) -> list[PlacedMessage]:
    """Put messages into their conversations; only those that were new come back, oldest first.

    Their conversations stay locked until the commit.
    """
    if not heard:
        return []
    once = {(h.message.conversation_key, h.message.external_id): h for h in reversed(heard)}
    messages = [h.message for h in once.values()]
    identity_ids = _identity_ids(account, messages)
    conversation_ids = _lock_conversations(account, messages, identity_ids)
    _add_speakers(messages, identity_ids, conversation_ids)
    talks = queries.bump_versions_of_talk(sorted(set(conversation_ids.values())))
    versions = {conversation_id: version for conversation_id, (version, _) in talks.items()}

    new: list[tuple[int, Heard]] = []
    new_ids = _insert_new([_message_row(account, h, identity_ids, conversation_ids, versions) for h in once.values()])
    for (key, external_id), h in once.items():
        message_id = new_ids.get((conversation_ids[key], external_id))
        if message_id is not None:
            new.append((message_id, h))

    _insert_parts(account, [(message_id, h.message) for message_id, h in new])
    last_at = {conversation_id: last for conversation_id, (_, last) in talks.items()}
    placed = [_placed(message_id, h, identity_ids, conversation_ids, last_at) for message_id, h in new]
    placed.sort(key=lambda p: (p.sent_at, p.id))
    lasts = same_instant.tell_apart([(p.conversation_id, p.sent_at) for p in placed])
    said = [*((p.conversation_id, p.id, p.sent_at) for p in placed), *lasts]
    move_last_message(sorted(said, key=lambda one: one[2]))
    return placed


def _identity_ids(account: ChannelAccount, messages: Sequence[InboundMessage]) -> dict[str, int]:
    """external id → identity id of everybody who speaks here; strangers become identities of new contacts."""
    people = {person.external_id: person for m in messages for person in (m.sender, m.customer)}
    people.pop(account.external_id, None)
    known = ensure_identities(account.network, people.values())
    return known | {account.external_id: account.identity_id}


def ensure_identities(network: str, people: Iterable[InboundIdentity]) -> dict[str, int]:
    """external id → identity id; new people get a contact, known ones their newest name and handle."""
    rows = [
        {
            "network": network,
            "external_id": person.external_id,
            "display_name": _storable(person.display_name),
            "handle": _storable(person.handle),
            "avatar_url": _storable(person.avatar_url),
        }
        for person in sorted(people, key=lambda p: p.external_id)
    ]
    if not rows:
        return {}
    statement = insert_of(Identity, rows)
    given = statement.excluded
    told_name = func.coalesce(func.nullif(given.display_name, ""), Identity.display_name)
    told_handle = func.coalesce(func.nullif(given.handle, ""), Identity.handle)
    changed = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["network", "external_id"],
            set_={"display_name": told_name, "handle": told_handle},
            where=(Identity.display_name != told_name) | (Identity.handle != told_handle),
        ).returning(Identity.id, Identity.external_id, Identity.contact_id, Identity.display_name, Identity.handle),
        arrays_of(rows),
    ).all()
    _give_contacts([(row.id, row.display_name or row.handle) for row in changed if row.contact_id is None])

    ids = {row.external_id: row.id for row in changed}
    unchanged = [row["external_id"] for row in rows if row["external_id"] not in ids]
    return ids | queries.identity_ids(network, unchanged)


def _give_contacts(strangers: Sequence[tuple[int, str]]) -> None:
    if not strangers:
        return
    rows = [{"name": name} for _, name in strangers]
    contact_ids = db.session.scalars(insert_of(Contact, rows).returning(Contact.id), arrays_of(rows)).all()
    joined = [{"id": identity_id, "contact_id": c} for (identity_id, _), c in zip(strangers, contact_ids, strict=True)]
    given = rows_for(Identity, "id", "contact_id")
    statement = update(Identity).where(Identity.id == given.c.id).values(contact_id=given.c.contact_id)
    db.session.execute(statement, arrays_of(joined), execution_options={"synchronize_session": False})


def _lock_conversations(
    account: ChannelAccount, messages: Sequence[InboundMessage], identity_ids: Mapping[str, int]
) -> dict[str, int]:
    """conversation key → id, made where they are new, locked in id order."""
    _make_conversations(account, messages, identity_ids)
    return queries.lock_conversations(account.id, {m.conversation_key for m in messages})


TakingPart = tuple[int, int, ParticipantRole, datetime]
"""(conversation, identity, role, since)"""


def _make_conversations(
    account: ChannelAccount, messages: Sequence[InboundMessage], identity_ids: Mapping[str, int]
) -> None:
    """Those that are not there yet, with the two who take part; all who speak take part in a group."""
    groups = {m.conversation_key for m in messages if m.is_group}
    keys = sorted({m.conversation_key for m in messages})
    rows = [
        {
            "public_id": uuid4(),
            "network": account.network,
            "account_id": account.id,
            "external_key": key,
            "kind": "group" if key in groups else "direct",
        }
        for key in keys
    ]
    statement = insert_of(Conversation, rows).on_conflict_do_nothing(index_elements=["account_id", "external_key"])
    made = db.session.execute(statement.returning(Conversation.id, Conversation.external_key), arrays_of(rows)).all()
    taking_part: list[TakingPart] = []
    customers = {m.conversation_key: identity_ids[m.customer.external_id] for m in messages if not m.is_group}
    begun = {m.conversation_key: m.sent_at for m in sorted(messages, key=lambda m: m.sent_at, reverse=True)}
    for row in made:
        people = [(account.identity_id, ParticipantRole.BRAND)]
        if row.external_key in customers:
            people.insert(0, (customers[row.external_key], ParticipantRole.CUSTOMER))
        taking_part += [(row.id, identity_id, role, begun[row.external_key]) for identity_id, role in people]
    add_participants(taking_part)


def add_participants(taking_part: Sequence[TakingPart]) -> None:
    """Those who do already stay as they are."""
    rows = [
        {"conversation_id": conversation_id, "identity_id": identity_id, "role": role, "joined_at": since}
        for conversation_id, identity_id, role, since in taking_part
    ]
    if rows:
        db.session.execute(insert_of(Participant, rows).on_conflict_do_nothing(), arrays_of(rows))


def _add_speakers(
    messages: Sequence[InboundMessage], identity_ids: Mapping[str, int], conversation_ids: Mapping[str, int]
) -> None:
    """Nobody tells who is in a group when it is first heard of: whoever speaks is, since then at the latest."""
    speakers = {
        (conversation_ids[m.conversation_key], identity_ids[m.sender.external_id]): m.sent_at
        for m in sorted(messages, key=lambda m: m.sent_at, reverse=True)
        if m.is_group and not m.is_from_brand
    }
    add_participants([(*speaker, ParticipantRole.CUSTOMER, since) for speaker, since in sorted(speakers.items())])


def _message_row(
    account: ChannelAccount,
    heard: Heard,
    identity_ids: Mapping[str, int],
    conversation_ids: Mapping[str, int],
    versions: Mapping[int, int],
) -> dict[str, Any]:
    message = heard.message
    conversation_id = conversation_ids[message.conversation_key]
    return {
        "conversation_id": conversation_id,
        "author_identity_id": account.identity_id
        if message.is_from_brand
        else identity_ids[message.sender.external_id],
        "direction": Direction.OUT if message.is_from_brand else Direction.IN,
        "origin": Origin.NATIVE_APP if message.is_from_brand else Origin.CUSTOMER,
        "external_id": message.external_id,
        "platform_time": heard.sent_at,
        "received_at": heard.at,
        "released_at": heard.sent_at,
        "is_backfilled": message.is_backfilled,
        "version": versions[conversation_id],
    }


def _insert_new(rows: Sequence[dict[str, Any]]) -> dict[tuple[int, str], int]:
    """(conversation, external id) → message id of the rows that were new; the unique index decides."""
    # In the order things were said, so that ids break ties of platform time as they should.
    in_order = sorted(rows, key=lambda row: (row["platform_time"], row["external_id"]))
    statement = insert_of(Message, in_order).on_conflict_do_nothing(
        index_elements=["conversation_id", "external_id"], index_where=Message.external_id.is_not(None)
    )
    inserted = db.session.execute(
        statement.returning(Message.id, Message.conversation_id, Message.external_id), arrays_of(in_order)
    ).all()
    return {(row.conversation_id, row.external_id): row.id for row in inserted}


def _placed(
    message_id: int,
    heard: Heard,
    identity_ids: Mapping[str, int],
    conversation_ids: Mapping[str, int],
    last_at: Mapping[int, datetime | None],
) -> PlacedMessage:
    message = heard.message
    before = last_at[conversation_ids[message.conversation_key]]
    return PlacedMessage(
        is_late=before is not None and heard.sent_at < before,
        id=message_id,
        conversation_id=conversation_ids[message.conversation_key],
        customer_identity_id=identity_ids[message.customer.external_id],
        is_from_brand=message.is_from_brand,
        sent_at=heard.sent_at,
        received_at=heard.at,
        text=text_of(message.parts),
        is_backfilled=message.is_backfilled,
    )


def _storable(text: str) -> str:
    """Without the zero character, which no column of text holds."""
    return text.replace("\x00", "")


def text_of(parts: Iterable[InboundPart]) -> str:
    """The words of a message, its text parts one to a line; "" where it has none."""
    return "\n".join(part.text for part in parts if part.kind == PartKind.TEXT)


def _insert_parts(account: ChannelAccount, messages: Sequence[tuple[int, InboundMessage]]) -> None:
    parts = [(message_id, n, part) for message_id, message in messages for n, part in enumerate(message.parts)]
    file_ids = _await_media(account, [part for _, _, part in parts if part.source_url])
    rows = [
        {
            "message_id": message_id,
            "position": position,
            "kind": part.kind,
            "text": _storable(part.text),
            "file_id": file_ids.get(part.source_url) if part.source_url else part.file_id,
            "details": dict(part.details),
        }
        for message_id, position, part in parts
    ]
    if rows:
        db.session.execute(insert_of(Part, rows), arrays_of(rows))


def _await_media(account: ChannelAccount, parts: Sequence[InboundPart]) -> dict[str, int]:
    """source address → id of a file that is still to be fetched, with the account's authorisation."""
    if not parts:
        return {}
    bells.ring_after_commit(bells.MEDIA, account.id)
    by_url: dict[str, InboundPart] = {part.source_url: part for part in parts}
    rows = [
        {
            "account_id": account.id,
            "state": "waiting",
            "source_url": url,
            "mime": part.mime or "application/octet-stream",
            "name": part.name,
        }
        for url, part in by_url.items()
    ]
    inserted = db.session.execute(insert(File).returning(File.id, File.source_url), rows).all()
    return {row.source_url: row.id for row in inserted}


def move_last_message(last: Iterable[tuple[int, int, datetime]]) -> None:
    """Point conversations at their latest message: (conversation, message, platform time), oldest first."""
    latest = {conversation_id: (message_id, at) for conversation_id, message_id, at in last}
    if not latest:
        return
    rows = [{"id": c, "last_message_id": m, "last_message_at": at} for c, (m, at) in sorted(latest.items())]
    given = rows_for(Conversation, *rows[0])
    statement = (
        update(Conversation)
        .where(
            Conversation.id == given.c.id,
            (Conversation.last_message_at.is_(None)) | (Conversation.last_message_at <= given.c.last_message_at),
        )
        .values(last_message_id=given.c.last_message_id, last_message_at=given.c.last_message_at)
    )
    db.session.connection().execute(statement, arrays_of(rows))


def settle_events(
    processed: Sequence[int],
    set_aside: Mapping[int, str],
    *,
    at: datetime,
    as_state: InboundState = InboundState.UNREADABLE,
) -> None:
    """Raw events that were taken in, and those that are set aside for the operator, with the reason."""
    if processed:
        db.session.execute(
            update(InboundEvent)
            .where(any_of(InboundEvent.id, processed), InboundEvent.state == InboundState.RECEIVED)
            .values(state=InboundState.PROCESSED, processed_at=at)
            .execution_options(synchronize_session=False)
        )
    for event_id, reason in set_aside.items():
        db.session.execute(
            update(InboundEvent)
            .where(InboundEvent.id == event_id, InboundEvent.state == InboundState.RECEIVED)
            .values(state=as_state, error=reason, processed_at=at)
            .execution_options(synchronize_session=False)
        )
