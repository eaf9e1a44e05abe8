"""The deliver job: claim (commit), send, record (commit). Nothing is held open over the network.

What was claimed and never recorded, because this process died, is `unknown` once its lease has run out; only where
the network takes a message once however often it is sent does it go back into the queue.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from config import Settings
from helpdesk import bells
from helpdesk.channels import registry
from helpdesk.channels.port import (
    Accepted,
    Channel,
    FailureClass,
    OutboundFile,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
)
from helpdesk.messaging import calling, delivery_queries, foretelling, media, outbound, queries, quotas
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery
from helpdesk.messaging.outbound import ClaimedDelivery
from helpdesk.messaging.renewing import may_renew
from helpdesk.messaging.sealing import UnreadableFile
from helpdesk.orm import db
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import sending_later
from helpdesk.tickets.notices import tell_staff
from helpdesk.tickets.replying import reply_failed
from helpdesk.transaction import transaction
from worker.turns import Turn

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""Conversations that are sent to at the same time."""

MOST_CLAIMED = 10 * AT_ONCE
"""While the network takes all, as many are claimed together as it took in a second, up to this: fewer statements for
each, and the last call begins well within the lease."""

Outcome = Accepted | SendFailed | OutcomeUnknown


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Deliveries that are claimed, and the calls that carry them."""

    claimed: Sequence[ClaimedDelivery]
    channel: Channel
    calls: Sequence[Future[Outcome]]
    began: float
    """By the monotonic clock, seconds."""


def drain(account_id: int) -> None:
    """Send what may go now: the heads of many conversations at once, each conversation in its order.

    While all goes well the next batch is claimed, and waits for the same threads, before the last is recorded: the
    network is not kept waiting for our rows. Otherwise what went wrong is recorded before more goes out.
    """
    turn = Turn(bells.DELIVER, account_id)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        ahead, batch = 0, _start_batch(turn, account_id, threads, limit=AT_ONCE)
        while batch is not None:
            following = None
            try:
                following = _start_batch(turn, account_id, threads, limit=ahead) if ahead else None
            finally:
                ahead = _finish_batch(account_id, batch, threads)
            batch = following or _start_batch(turn, account_id, threads, limit=ahead or AT_ONCE)
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id)
        _tell(foretelling.note_expected(account, at=queries.database_time()))
    turn.end()


def _start_batch(turn: Turn, account_id: int, threads: ThreadPoolExecutor, *, limit: int) -> _Batch | None:
    """Claim deliveries and begin to send them; None when nothing may go now, or the turn is over."""
    if not turn.goes_on():
        return None
    settings: Settings = current_app.config["SETTINGS"]
    at = _release_due(account_id)
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id)
        claimed = outbound.claim_heads(account, limit=limit, at=at)
        _tell([c.conversation_id for c in claimed])
    if not claimed:
        return None
    channel, began = calling.open_lasting(account_id, settings), time.monotonic()
    calls = [threads.submit(_send, channel, one, settings) for one in claimed]
    return _Batch(claimed=claimed, channel=channel, calls=calls, began=began)


def _finish_batch(account_id: int, batch: _Batch, threads: ThreadPoolExecutor) -> int:
    """Wait for the calls and record what became of them; how many may be claimed ahead, none if not all were taken."""
    outcomes = [call.result() for call in batch.calls]
    in_a_second = len(outcomes) / (time.monotonic() - batch.began)
    outcomes = _again_where_access_ended(account_id, batch, outcomes, threads)
    _record_all(account_id, batch.claimed, outcomes)
    is_well = all(isinstance(outcome, Accepted) for outcome in outcomes)
    return min(max(int(in_a_second), AT_ONCE), MOST_CLAIMED) if is_well else 0


def _release_due(account_id: int) -> datetime:
    """Release what was to be sent by now; the instant, for the claim: what is behind it in line is not sent before.

    Transactions of their own, since both lock conversations.
    """
    at = queries.database_time()
    is_more = True
    while is_more:
        with transaction():
            is_more = sending_later.release_due(account_id, at=at)
    return at


def _again_where_access_ended(
    account_id: int, batch: _Batch, outcomes: list[Outcome], threads: ThreadPoolExecutor
) -> list[Outcome]:
    """The outcomes, after those that the network refused for our access have gone once more with a new one."""
    refused = [n for n, outcome in enumerate(outcomes) if _is_about_access(outcome)]
    if not refused or not may_renew(batch.channel):
        return outcomes
    settings: Settings = current_app.config["SETTINGS"]
    try:
        renewed = calling.renewed(account_id, batch.channel, settings)
    except SendFailed as error:
        return [error if n in refused else outcome for n, outcome in enumerate(outcomes)]
    calls = {n: threads.submit(_send, renewed, batch.claimed[n], settings) for n in refused}
    return [calls[n].result() if n in calls else outcome for n, outcome in enumerate(outcomes)]


def _is_about_access(outcome: Outcome) -> bool:
    return isinstance(outcome, SendFailed) and outcome.failure == FailureClass.AUTH


def _send(channel: Channel, claimed: ClaimedDelivery, settings: Settings) -> Outcome:
    """One call to the network, in a thread of its own: no rows here."""
    try:
        return channel.send(_outbound(claimed, settings))
    except UnreadableFile as error:
        return SendFailed(FailureClass.CONTENT, str(error))
    except (SendFailed, OutcomeUnknown) as error:
        return error
    except Exception as error:
        logger.exception("adapter broke off", extra={"delivery_id": claimed.delivery_id})
        return OutcomeUnknown(f"{type(error).__name__} while sending")


def _outbound(claimed: ClaimedDelivery, settings: Settings) -> OutboundMessage:
    files = [OutboundFile(name=f.name, mime=f.mime, content=media.read(f.storage_key, settings)) for f in claimed.files]
    return OutboundMessage(
        client_key=claimed.client_key,
        conversation_key=claimed.conversation_key,
        recipient_external_id=claimed.recipient_external_id,
        text=claimed.text,
        files=tuple(files),
    )


def _record_all(account_id: int, claimed: Sequence[ClaimedDelivery], outcomes: Sequence[Outcome]) -> None:
    """A claim that was overtaken, because its lease ran out, still tells the truth when it was accepted."""
    with transaction():
        queries.lock_conversations_by_id([c.conversation_id for c in claimed])
        account = db.session.get_one(ChannelAccount, account_id, with_for_update={"key_share": True})
        rows = {d.id: d for d in delivery_queries.lock_deliveries([c.delivery_id for c in claimed])}
        at = queries.database_time()
        accepted: list[tuple[Delivery, Accepted]] = []
        for one, outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, Accepted):
                quotas.note_quota(account, outcome.quota)
                accepted.append((rows[one.delivery_id], outcome))
            else:
                _record_not_accepted(account, rows[one.delivery_id], one.attempt, outcome, at=at)
        outbound.record_all_accepted(accepted, at=at)
        _tell([c.conversation_id for c in claimed])


def _record_not_accepted(
    account: ChannelAccount, delivery: Delivery, attempt: int, outcome: SendFailed | OutcomeUnknown, *, at: datetime
) -> None:
    if delivery.state not in (DeliveryState.SENDING, DeliveryState.UNKNOWN) or delivery.attempts != attempt:
        return
    if isinstance(outcome, OutcomeUnknown):
        if delivery.state == DeliveryState.SENDING:
            outbound.record_unknown(delivery, str(outcome), at=at)
        return
    quotas.note_quota(account, outcome.quota)
    outbound.note_health(account, outcome, at=at)
    if outbound.record_failed(delivery, outcome, at=at):
        reply_failed(delivery, at=at)


def end_expired_leases() -> int:
    """Deliveries whose worker has not been heard of: their outcome is unknown. How many that were."""
    with transaction():
        at = queries.database_time()
        expired = delivery_queries.expired_leases(at=at, limit=200)
        queries.lock_conversations_by_id([row.conversation_id for row in expired])
        for delivery in delivery_queries.lock_deliveries([row.id for row in expired]):
            if delivery.state == DeliveryState.SENDING and delivery.lease_until and delivery.lease_until < at:
                _end_lease(delivery, at=at)
        _tell([row.conversation_id for row in expired])
    return len(expired)


def _end_lease(delivery: Delivery, *, at: datetime) -> None:
    network = delivery.conversation.network
    if registry.capabilities(network).idempotent_send:
        outbound.requeue_unsent(delivery, at=at)
    else:
        outbound.record_unknown(delivery, "The worker stopped while sending.", at=at)


def _tell(conversation_ids: Sequence[int]) -> None:
    """Open pages see the new states."""
    for place in ticket_queries.latest_places(conversation_ids):
        tell_staff(**place._mapping)
