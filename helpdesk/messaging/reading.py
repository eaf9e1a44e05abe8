"""Receipts and typing: how far somebody has read, and that they are writing.

A receipt speaks of everything up to a message. One that comes before its message waits under the message's id.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.port import InboundIdentity, InboundReceipt, InboundTyping
from helpdesk.messaging import delivery_queries, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, ParkedEvent, Participant, Receipt, ReceiptKind
from helpdesk.orm import db

_STATE_AFTER = {ReceiptKind.READ: DeliveryState.READ, ReceiptKind.DELIVERED: DeliveryState.DELIVERED}


def apply_receipts(account: ChannelAccount, receipts: Sequence[InboundReceipt], *, at: datetime) -> list[int]:
    """Apply what refers to a known message, park the rest; the conversations that changed."""
    if not receipts:
        return []
    conversation_ids = queries.lock_conversations(account.id, {r.conversation_key for r in receipts})
    people = queries.identity_ids(account.network, {r.reader.external_id for r in receipts})
    changed: set[int] = set()
    for receipt in sorted(receipts, key=lambda r: r.at):
        conversation_id = conversation_ids.get(receipt.conversation_key)
        reader = people.get(receipt.reader.external_id)
        target = queries.message_by_external_id(conversation_id, receipt.up_to_external_id) if conversation_id else None
        if conversation_id is None or reader is None or target is None:
            _park(account, receipt, at=at)
        elif mark(
            conversation_id, reader, ReceiptKind(receipt.kind), up_to=target.platform_time, at=min(receipt.at, at)
        ):
            changed.add(conversation_id)
    return sorted(changed)


def apply_parked(account: ChannelAccount, external_ids: Sequence[str], *, at: datetime) -> list[int]:
    """Apply what waited for these messages; the conversations that changed."""
    parked = queries.parked_events(account.id, external_ids)
    receipts = [
        InboundReceipt(
            conversation_key=event.conversation_key,
            kind=event.kind,
            reader=InboundIdentity(external_id=event.reader_external_id),
            up_to_external_id=event.target_external_id,
            at=event.at,
        )
        for event in parked
    ]
    for event in parked:
        db.session.delete(event)
    return apply_receipts(account, receipts, at=at)


def _park(account: ChannelAccount, receipt: InboundReceipt, *, at: datetime) -> None:
    db.session.add(
        ParkedEvent(
            account_id=account.id,
            target_external_id=receipt.up_to_external_id,
            conversation_key=receipt.conversation_key,
            reader_external_id=receipt.reader.external_id,
            kind=receipt.kind,
            at=receipt.at,
            parked_at=at,
        )
    )


def mark(conversation_id: int, identity_id: int, kind: ReceiptKind, *, up_to: datetime, at: datetime) -> bool:
    """Move the mark forward and the deliveries under it up; False when it said nothing new."""
    statement = insert(Receipt).values(
        conversation_id=conversation_id, identity_id=identity_id, kind=kind, up_to_at=up_to, at=at
    )
    moved = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["conversation_id", "identity_id", "kind"],
            set_={"up_to_at": statement.excluded.up_to_at, "at": statement.excluded.at},
            where=Receipt.up_to_at < statement.excluded.up_to_at,
        ).returning(Receipt.up_to_at)
    ).one_or_none()
    if moved is None:
        return False
    _raise_deliveries(conversation_id, identity_id, _STATE_AFTER[kind], up_to=up_to, at=at)
    return True


def _raise_deliveries(
    conversation_id: int, reader_id: int, to: DeliveryState, *, up_to: datetime, at: datetime
) -> None:
    version = queries.bump_versions([conversation_id])[conversation_id]
    for delivery in delivery_queries.lock_deliveries_up_to(conversation_id, up_to):
        if delivery.message.author_identity_id != reader_id and outbound.rise(delivery, to, at=at):
            delivery.message.version = version


def note_typing(account: ChannelAccount, signs: Sequence[InboundTyping]) -> list[int]:
    """Remember who is writing; the conversations they write in."""
    if not signs:
        return []
    people = queries.identity_ids(account.network, {s.sender.external_id for s in signs})
    conversation_ids = queries.conversation_ids(account.id, {s.conversation_key for s in signs})
    changed: set[int] = set()
    for sign in signs:
        place = (conversation_ids.get(sign.conversation_key), people.get(sign.sender.external_id))
        participant = db.session.get(Participant, place) if None not in place else None
        if participant is not None:
            participant.typing_at = sign.at
            changed.add(participant.conversation_id)
    return sorted(changed)
