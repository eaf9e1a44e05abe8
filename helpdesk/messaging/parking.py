"""Events that come before the message they refer to: they wait under its id and are applied when it arrives.

One mechanism for receipts, reactions, edits and deletions. The same event waits once, however often it is told.
After 7 days it is set aside, where the operator sees it; should its message still come, it is applied all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.port import (
    InboundDeletion,
    InboundEdit,
    InboundIdentity,
    InboundReaction,
    InboundReceipt,
    Referring,
)
from helpdesk.messaging import queries
from helpdesk.messaging.models import ChannelAccount, ParkedEvent
from helpdesk.orm import db

WAITS_FOR = timedelta(days=7)


def target_of(event: Referring) -> str:
    """The external id of the message it speaks of."""
    return event.up_to_external_id if isinstance(event, InboundReceipt) else event.target_external_id


def actor_of(event: Referring) -> InboundIdentity:
    return event.reader if isinstance(event, InboundReceipt) else event.actor


def park(account: ChannelAccount, events: Sequence[Referring], *, at: datetime) -> None:
    rows = {row["fingerprint"]: row for row in (_row(account, event, at) for event in events)}
    if rows:
        statement = insert(ParkedEvent).on_conflict_do_nothing(index_elements=["account_id", "fingerprint"])
        db.session.execute(statement, [rows[fingerprint] for fingerprint in sorted(rows)])


def unpark(account: ChannelAccount, external_ids: Collection[str]) -> list[Referring]:
    """What waited for these messages, and waits no more."""
    parked = queries.parked_events(account.id, external_ids)
    if parked:
        gone = delete(ParkedEvent).where(ParkedEvent.id.in_([event.id for event in parked]))
        db.session.execute(gone.execution_options(synchronize_session=False))
    return [_event(event) for event in parked]


def set_aside_overdue(*, at: datetime) -> None:
    overdue = update(ParkedEvent).where(ParkedEvent.set_aside_at.is_(None), ParkedEvent.parked_at <= at - WAITS_FOR)
    db.session.execute(overdue.values(set_aside_at=at).execution_options(synchronize_session=False))


def _row(account: ChannelAccount, event: Referring, at: datetime) -> dict[str, Any]:
    said = {
        "target_external_id": target_of(event),
        "conversation_key": event.conversation_key,
        "reader_external_id": actor_of(event).external_id,
        "kind": _kind(event),
        "at": event.at,
        "details": _details(event),
    }
    fingerprint = sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
    return said | {"account_id": account.id, "parked_at": at, "fingerprint": fingerprint}


def _kind(event: Referring) -> str:
    match event:
        case InboundReceipt():
            return event.kind
        case InboundReaction():
            return "reaction" if event.is_active else "reaction_removed"
        case InboundEdit():
            return "edit"
        case InboundDeletion():
            return "deletion"


def _details(event: Referring) -> Mapping[str, str]:
    match event:
        case InboundReaction():
            return {"emoji": event.emoji}
        case InboundEdit():
            return {"text": event.text.replace("\x00", "")}
        case _:
            return {}


def _event(parked: ParkedEvent) -> Referring:
    key, target, at = parked.conversation_key, parked.target_external_id, parked.at
    actor = InboundIdentity(external_id=parked.reader_external_id)
    match parked.kind:
        case "reaction" | "reaction_removed":
            return InboundReaction(
                conversation_key=key,
                target_external_id=target,
                actor=actor,
                emoji=parked.details["emoji"],
                is_active=parked.kind == "reaction",
                at=at,
            )
        case "edit":
            return InboundEdit(
                conversation_key=key, target_external_id=target, actor=actor, text=parked.details["text"], at=at
            )
        case "deletion":
            return InboundDeletion(conversation_key=key, target_external_id=target, actor=actor, at=at)
        case kind:
            return InboundReceipt(conversation_key=key, up_to_external_id=target, reader=actor, kind=kind, at=at)
