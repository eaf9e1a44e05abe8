"""What refers to a message, applied to it: receipts, reactions, edits, deletions. What comes before it is parked."""

from collections.abc import Collection, Sequence
from datetime import datetime

from helpdesk.channels.port import InboundDeletion, InboundEdit, InboundReaction, InboundReceipt, Referring
from helpdesk.messaging import changing, queries, reading
from helpdesk.messaging.inbound import believable, ensure_identities
from helpdesk.messaging.models import ChannelAccount, Message, ReceiptKind
from helpdesk.messaging.parking import actor_of, park, target_of, unpark


def apply_referring(account: ChannelAccount, events: Sequence[Referring], *, at: datetime) -> list[int]:
    """Apply what refers to a known message, park the rest; the conversations that changed."""
    if not events:
        return []
    conversation_ids = queries.lock_conversations(account.id, {event.conversation_key for event in events})
    targets = queries.messages_by_external_id(conversation_ids.values(), {target_of(event) for event in events})
    found: list[tuple[Referring, Message]] = []
    early: list[Referring] = []
    for event in events:
        target = targets.get((conversation_ids.get(event.conversation_key, 0), target_of(event)))
        if target is None:
            early.append(event)
        else:
            found.append((event, target))
    park(account, early, at=at)
    return _apply(account, found, at=at)


def apply_parked(account: ChannelAccount, external_ids: Collection[str], *, at: datetime) -> list[int]:
    """Apply what waited for these messages, in the order it happened; the conversations that changed."""
    return apply_referring(account, unpark(account, external_ids), at=at)


def _apply(account: ChannelAccount, found: Sequence[tuple[Referring, Message]], *, at: datetime) -> list[int]:
    strangers = {actor_of(event).external_id: actor_of(event) for event, _ in found}
    strangers.pop(account.external_id, None)
    people = ensure_identities(account.network, strangers.values()) | {account.external_id: account.identity_id}
    changed: set[int] = set()
    shown: dict[int, list[Message]] = {}
    for event, target in sorted(found, key=lambda one: one[0].at):
        actor_id = people[actor_of(event).external_id]
        happened_at = believable(event.at, heard_at=at)
        if isinstance(event, InboundReceipt):
            kind = ReceiptKind(event.kind)
            if reading.mark(target.conversation_id, actor_id, kind, up_to=target.platform_time, at=happened_at):
                changed.add(target.conversation_id)
        elif _change(target, event, identity_id=actor_id, at=happened_at):
            shown.setdefault(target.conversation_id, []).append(target)
    _mark_changed(shown)
    return sorted(changed | shown.keys())


def _change(
    target: Message, event: InboundReaction | InboundEdit | InboundDeletion, *, identity_id: int, at: datetime
) -> bool:
    match event:
        case InboundReaction():
            return changing.react(target, event, identity_id=identity_id, at=at)
        case InboundEdit():
            return changing.edit(target, event, identity_id=identity_id, at=at)
        case InboundDeletion():
            return changing.delete_for_everyone(target, identity_id=identity_id, at=at)


def _mark_changed(shown: dict[int, list[Message]]) -> None:
    """Open pages ask for what is newer than the version they have."""
    versions = queries.bump_versions(sorted(shown)) if shown else {}
    for conversation_id, messages in shown.items():
        for message in messages:
            message.version = versions[conversation_id]
