"""What we say: saved with its delivery before anything is sent, then claimed, sent and recorded.

Nothing is held open over the network: claim (commit), send, record (commit). What crosses the call is a frozen
dataclass. A reply whose fate is not known is never sent again by itself.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Update, bindparam, case, delete, func, inspect, null, update

from helpdesk import bells
from helpdesk.arrays import any_of, arrays_of, insert_of, rows_for
from helpdesk.channels.port import Accepted, FailureClass, PartKind, SendFailed
from helpdesk.messaging import delivery_queries, queries, quotas
from helpdesk.messaging.delivery_states import DeliveryState, check_move, may_move
from helpdesk.messaging.inbound import move_last_message
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    Delivery,
    DeliveryAttempt,
    Direction,
    File,
    Health,
    Message,
    Origin,
    Part,
)
from helpdesk.messaging.notices import tell_members
from helpdesk.orm import Json, db
from helpdesk.pace import pace

LEASE = timedelta(seconds=60)
"""Longer than the longest call; what is still `sending` after it has an unknown outcome."""

GIVE_UP_AFTER = timedelta(hours=6)
"""How long a failure that passes is tried again; X has no message window that would close earlier. It counts from
when the reply was to go first, and again from each retry of an agent's."""

_LONGEST_BACKOFF_SECONDS = 15 * 60

_AT = bindparam("at", type_=Delivery.accepted_at.type)

# A shortened pace leaves the machine itself time to come back.
_SHORTEST_LEASE = timedelta(seconds=8)
_SOONEST_GIVE_UP = timedelta(minutes=1)

HEALTH_AFTER: dict[FailureClass, Health] = {
    FailureClass.AUTH: Health.AUTH_LOST,
    FailureClass.ACCOUNT: Health.RESTRICTED,
    FailureClass.CONFIG: Health.MISCONFIGURED,
    FailureClass.BILLING: Health.BILLING,
}


@dataclass(frozen=True, kw_only=True)
class ClaimedFile:
    name: str
    mime: str
    storage_key: str


@dataclass(frozen=True, kw_only=True)
class ClaimedDelivery:
    """One delivery on its way: all that the sender needs, no rows."""

    delivery_id: int
    conversation_id: int
    attempt: int
    client_key: str
    conversation_key: str
    recipient_external_id: str
    text: str
    files: tuple[ClaimedFile, ...]


def queue_message(
    conversation: Conversation,
    *,
    account: ChannelAccount,
    text: str,
    files: Sequence[File],
    client_key: str,
    by_agent_id: int | None,
    at: datetime,
    not_before: datetime,
    promise_due_at: datetime | None,
    awaits_release: bool = False,
    origin: Origin = Origin.DESK_AGENT,
) -> Message:
    """A message and its queued delivery; the conversation must be locked by the caller.

    One composer submit is one message: the unique (conversation, client_key) refuses a second. `awaits_release`: it
    is to be sent later, and stands in the conversation where it is to stand then.
    """
    version = queries.bump_versions([conversation.id])[conversation.id]
    message = Message(
        conversation_id=conversation.id,
        author_identity_id=account.identity_id,
        author_agent_id=by_agent_id,
        direction=Direction.OUT,
        origin=origin,
        client_key=client_key,
        platform_time=not_before if awaits_release else at,
        received_at=at,
        version=version,
        parts=list(_parts(text, files)),
    )
    message.delivery = Delivery(
        conversation_id=conversation.id,
        account_id=account.id,
        not_before=not_before,
        promise_due_at=promise_due_at,
        awaits_release=awaits_release,
    )
    db.session.add(message)
    db.session.flush()
    if not awaits_release:
        move_last_message([(conversation.id, message.id, at)])
    bells.ring_after_commit(bells.DELIVER, account.id)
    return message


def _parts(text: str, files: Sequence[File]) -> Sequence[Part]:
    said = [Part(kind=PartKind.TEXT, text=text)] if text else []
    shown = [Part(kind=PartKind.IMAGE if file.width else PartKind.FILE, file_id=file.id) for file in files]
    parts = said + shown
    for position, part in enumerate(parts):
        part.position = position
    return parts


# Claim, record


def claim_heads(account: ChannelAccount, *, limit: int, at: datetime) -> list[ClaimedDelivery]:
    """Take the heads of many conversations within the account's quota; the caller commits before it sends."""
    if account.health != Health.OK or account.paused_at is not None:
        return []
    ready = delivery_queries.conversations_with_heads(
        account.id, at=at, limit=min(limit, quotas.sends_left(account, at=at))
    )
    if not ready:
        return []
    queries.lock_conversations_by_id(ready)
    heads = _affordable(account, delivery_queries.lock_heads(account.id, ready, at=at), at=at)
    if not heads:
        return []
    _begin_attempts(heads, at=at)
    mark_changed(heads)
    recipients = queries.customers_of([d.conversation_id for d in heads])
    return [_claimed(d, recipients[d.conversation_id], attempt=d.attempts + 1) for d in heads]


def _begin_attempts(heads: Sequence[Delivery], *, at: datetime) -> None:
    """Two statements for all, past the rows in hand: they are read anew once the network has answered."""
    check_move(DeliveryState.QUEUED, DeliveryState.SENDING)
    attempts: list[Json] = [{"delivery_id": d.id, "number": d.attempts + 1, "started_at": at} for d in heads]
    db.session.execute(
        update(Delivery)
        .where(any_of(Delivery.id, [d.id for d in heads]))
        .values(
            state=DeliveryState.SENDING,
            attempts=Delivery.attempts + 1,
            lease_until=at + pace.of(LEASE, at_least=_SHORTEST_LEASE),
        )
        .values(retry_at=None, expected_at=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(insert_of(DeliveryAttempt, attempts), arrays_of(attempts))


def _affordable(account: ChannelAccount, heads: Sequence[Delivery], *, at: datetime) -> Sequence[Delivery]:
    """As many as the network still takes, counted under the account's lock: other workers count there too."""
    if account.quota_resets_at is None and account.day_quota_resets_at is None:
        return heads
    db.session.refresh(account, with_for_update={"key_share": True})
    quotas.begin_anew(account, at=at)
    taken = heads[: quotas.sends_left(account, at=at)]
    quotas.count_sends(account, len(taken))
    return taken


def _claimed(delivery: Delivery, recipient_external_id: str, *, attempt: int) -> ClaimedDelivery:
    message = delivery.message
    return ClaimedDelivery(
        delivery_id=delivery.id,
        conversation_id=delivery.conversation_id,
        attempt=attempt,
        client_key=message.client_key or f"message-{message.id}",
        conversation_key=delivery.conversation.external_key,
        recipient_external_id=recipient_external_id,
        text="\n".join(part.text for part in message.parts if part.kind == PartKind.TEXT),
        files=tuple(
            ClaimedFile(name=part.file.name, mime=part.file.mime, storage_key=part.file.storage_key)
            for part in message.parts
            if part.file is not None
        ),
    )


def record_accepted(delivery: Delivery, accepted: Accepted, *, at: datetime) -> None:
    """`record_all_accepted` for one, whose rows in hand then know it too."""
    record_all_accepted([(delivery, accepted)], at=at)
    db.session.refresh(delivery, inspect(Delivery).column_attrs.keys())
    db.session.refresh(delivery.message, inspect(Message).column_attrs.keys())


def record_all_accepted(answers: Sequence[tuple[Delivery, Accepted]], *, at: datetime) -> None:
    """The network's answers said yes. An echo that came first, or a status, may have said so already.

    A statement a table, past the rows in hand.
    """
    if not answers:
        return
    deliveries = [delivery for delivery, _ in answers]
    _end_attempts(deliveries, "accepted", "", at=at)
    _absorb_echoes(answers)
    queries.bump_versions({d.conversation_id for d in deliveries})
    told: list[Json] = [{"id": delivery.message_id, "external_id": said.external_id} for delivery, said in answers]
    db.session.execute(_messages_told(), arrays_of(told) | {"at": at})
    risen = [{"id": delivery.id, "state": _reached(said)} for delivery, said in answers if _rises(delivery, said)]
    if risen:
        db.session.execute(_deliveries_risen(), arrays_of(risen) | {"at": at})
    for delivery in deliveries:
        _show_members(delivery.conversation_id)


def _reached(said: Accepted) -> DeliveryState:
    return DeliveryState.DELIVERED if said.is_delivered else DeliveryState.ACCEPTED


def _rises(delivery: Delivery, said: Accepted) -> bool:
    return may_move(delivery.state, _reached(said))


@cache
def _messages_told() -> Update:
    given = rows_for(Message, "id", "external_id")
    return (
        update(Message)
        .where(Message.id == given.c.id, Conversation.id == Message.conversation_id)
        .values(
            external_id=given.c.external_id,
            released_at=func.coalesce(Message.released_at, _AT),
            version=Conversation.version,
        )
        .execution_options(synchronize_session=False)
    )


@cache
def _deliveries_risen() -> Update:
    """What `rise` does to one."""
    given = rows_for(Delivery, "id", "state")
    delivered_at = case((given.c.state == DeliveryState.DELIVERED, func.coalesce(Delivery.delivered_at, _AT)))
    return (
        update(Delivery)
        .where(Delivery.id == given.c.id)
        .values(
            state=given.c.state,
            lease_until=null(),
            retry_at=null(),
            failure="",
            reason="",
            accepted_at=func.coalesce(Delivery.accepted_at, _AT),
            delivered_at=func.coalesce(delivered_at, Delivery.delivered_at),
        )
        .execution_options(synchronize_session=False)
    )


def _show_members(conversation_id: int) -> None:
    """On the native network a reply arrives by being released: its readers' pages are told."""
    conversation = queries.conversation(conversation_id)
    if conversation.network == "native":
        tell_members(conversation.public_id, [p.identity_id for p in queries.participants(conversation_id)])


def _absorb_echoes(answers: Sequence[tuple[Delivery, Accepted]]) -> None:
    """An echo with other words than ours (X rewrites links) stood as a message of its own: it is ours."""
    found = queries.messages_by_external_id(
        {delivery.conversation_id for delivery, _ in answers}, {accepted.external_id for _, accepted in answers}
    )
    twins = []
    for delivery, accepted in answers:
        twin = found.get((delivery.conversation_id, accepted.external_id))
        if twin is None or twin.id == delivery.message_id:
            continue
        if delivery.conversation.last_message_id == twin.id:
            delivery.conversation.last_message_id = delivery.message_id
        twins.append(twin.id)
    if twins:
        db.session.flush()
        db.session.execute(delete(Message).where(Message.id.in_(twins)))


def record_failed(delivery: Delivery, error: SendFailed, *, at: datetime) -> bool:
    """The network certainly did not take it; True when that is for good, False when it will be tried again."""
    _end_attempts([delivery], error.failure, error.reason, at=at)
    delivery.failure, delivery.reason = error.failure, error.reason
    retry_at = _retry_at(delivery, error, at=at)
    move(delivery, DeliveryState.FAILED if retry_at is None else DeliveryState.QUEUED)
    delivery.retry_at, delivery.lease_until = retry_at, None
    mark_changed([delivery])
    return retry_at is None


def _retry_at(delivery: Delivery, error: SendFailed, *, at: datetime) -> datetime | None:
    if error.failure == FailureClass.THROTTLED:
        return error.retry_at or at + pace.of(quotas.UNTOLD_WINDOW)
    began = delivery.retried_at or delivery.not_before
    patience = pace.of(GIVE_UP_AFTER, at_least=_SOONEST_GIVE_UP)
    if error.failure != FailureClass.TRANSIENT or at - began > patience:
        return None
    if error.tries is not None and _times_refused_so(delivery, error, since=began) >= error.tries:
        return None
    # Full jitter: a platform that comes back is not met by everything at once.
    longest = min(2.0**delivery.attempts, _LONGEST_BACKOFF_SECONDS)
    return at + pace.of(timedelta(seconds=random.uniform(longest / 2, longest)))  # noqa: S311 -- no secret


def _times_refused_so(delivery: Delivery, error: SendFailed, *, since: datetime) -> int:
    """How often the network has said just this, the last time included."""
    told = delivery_queries.attempts_since(delivery.id, since=since)
    return sum((a.outcome, a.detail) == (error.failure, error.reason[:500]) for a in told)


def record_unknown(delivery: Delivery, reason: str, *, at: datetime) -> None:
    """The request left and no answer came: an echo, a status or the agent will tell."""
    _end_attempts([delivery], "unknown", reason, at=at)
    delivery.reason, delivery.lease_until = reason, None
    move(delivery, DeliveryState.UNKNOWN)
    mark_changed([delivery])


def note_not_found(delivery: Delivery, words: str) -> None:
    """An unknown one was looked for in vain: the agent is told, and decides."""
    delivery.reason = f"{delivery.reason} {words}".strip()
    mark_changed([delivery])


def requeue_unsent(delivery: Delivery, *, at: datetime) -> None:
    """A claim that ended before the request could leave, or on a network that takes a message once however often."""
    _end_attempts([delivery], "not sent", "", at=at)
    delivery.lease_until = None
    move(delivery, DeliveryState.QUEUED)
    mark_changed([delivery])
    bells.ring_after_commit(bells.DELIVER, delivery.account_id)


def rise(delivery: Delivery, to: DeliveryState, *, at: datetime) -> bool:
    """Move up to what the network says; False when it says less than is known already."""
    if not may_move(delivery.state, to):
        return False
    delivery.state = to
    delivery.lease_until = delivery.retry_at = None
    delivery.failure = delivery.reason = ""
    delivery.accepted_at = delivery.accepted_at or at
    if to in (DeliveryState.DELIVERED, DeliveryState.READ):
        delivery.delivered_at = delivery.delivered_at or at
    if to == DeliveryState.READ:
        delivery.read_at = at
    return True


def note_health(account: ChannelAccount, error: SendFailed, *, at: datetime) -> None:
    """Failures that concern the whole account pause it until a person has looked."""
    if error.failure in HEALTH_AFTER:
        account.health, account.health_reason = HEALTH_AFTER[error.failure], error.reason
    if error.failure == FailureClass.THROTTLED and error.quota is None:
        account.quota_remaining = 0
        account.quota_resets_at = error.retry_at or at + pace.of(quotas.UNTOLD_WINDOW)


# What every verb of deliveries does


def move(delivery: Delivery, to: DeliveryState) -> None:
    """Raises InvalidTransition when the table has no such move."""
    check_move(delivery.state, to)
    delivery.state = to


def _end_attempts(deliveries: Sequence[Delivery], outcome: str, detail: str, *, at: datetime) -> None:
    """The calls of these that have not ended, ended so."""
    db.session.execute(
        update(DeliveryAttempt)
        .where(any_of(DeliveryAttempt.delivery_id, [d.id for d in deliveries]), DeliveryAttempt.ended_at.is_(None))
        .values(ended_at=at, outcome=outcome, detail=detail[:500])
        .execution_options(synchronize_session=False)
    )


def mark_changed(deliveries: Sequence[Delivery]) -> None:
    """Give the messages their conversation's next version, so that open pages see the new state."""
    queries.bump_versions({d.conversation_id for d in deliveries})
    db.session.execute(
        update(Message)
        .where(any_of(Message.id, [d.message_id for d in deliveries]), Conversation.id == Message.conversation_id)
        .values(version=Conversation.version)
        .execution_options(synchronize_session=False)
    )
