"""Receipts and typing: how far somebody has read, and that they are writing.

A receipt speaks of everything up to a message.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.port import InboundTyping
from helpdesk.messaging import delivery_queries, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Participant, Receipt, ReceiptKind
from helpdesk.orm import db

_STATE_AFTER = {ReceiptKind.READ: DeliveryState.READ, ReceiptKind.DELIVERED: DeliveryState.DELIVERED}


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


def note_typing(account: ChannelAccount, signs: Sequence[InboundTyping], *, at: datetime) -> list[int]:
    """Remember who is writing; the conversations they write in."""
    if not signs:
        return []
    people = queries.identity_ids(account.network, {s.sender.external_id for s in signs})
    conversation_ids = queries.conversation_ids(account.id, {s.conversation_key for s in signs})
    changed: set[int] = set()
    for sign in signs:
        place = (conversation_ids.get(sign.conversation_key), people.get(sign.sender.external_id))
        participant = db.session.get(Participant, place) if None not in place else None
        # An old sign that comes late, or is replayed, hides no newer one.
        typed_at = min(sign.at, at)
        if participant is not None and (participant.typing_at is None or participant.typing_at < typed_at):
            participant.typing_at = typed_at
            changed.add(participant.conversation_id)
    return sorted(changed)
