"""The deliver job: claim (commit), send, record (commit). Nothing is held open over the network.

What was claimed and never recorded, because this process died, is `unknown` once its lease has run out; only where
the network takes a message once however often it is sent does it go back into the queue.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.replying import reply_failed
from helpdesk.transaction import transaction
from worker.stopping import is_asked_to_stop

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""Conversations a batch sends to at the same time."""

Outcome = Accepted | SendFailed | OutcomeUnknown


def drain(account_id: int) -> None:
    """Send what may go now: the heads of many conversations at once, each conversation in its order."""
    bells.take_down(bells.DELIVER, account_id)
    while not is_asked_to_stop() and _send_batch(account_id):
        pass
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id)
        _tell(foretelling.note_expected(account, at=queries.database_time()))


def _send_batch(account_id: int) -> bool:
    """Claim, send and record one batch; False when nothing may go now."""
    settings: Settings = current_app.config["SETTINGS"]
    at = _release_due(account_id)
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id)
        claimed = outbound.claim_heads(account, limit=AT_ONCE, at=at)
        _tell([c.conversation_id for c in claimed])
    if not claimed:
        return False
    channel = calling.open_lasting(account_id, settings)
    outcomes = _send_all(channel, claimed, settings)
    outcomes = _again_where_access_ended(account_id, channel, claimed, outcomes, settings)
    _record_all(account_id, claimed, outcomes)
    return True


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


def _send_all(channel: Channel, claimed: Sequence[ClaimedDelivery], settings: Settings) -> list[Outcome]:
    with ThreadPoolExecutor(max_workers=min(len(claimed), AT_ONCE)) as threads:
        return list(threads.map(lambda one: _send(channel, one, settings), claimed))


def _again_where_access_ended(
    account_id: int,
    channel: Channel,
    claimed: Sequence[ClaimedDelivery],
    outcomes: Sequence[Outcome],
    settings: Settings,
) -> list[Outcome]:
    """The outcomes, after those that the network refused for our access have gone once more with a new one."""
    refused = [n for n, outcome in enumerate(outcomes) if _is_about_access(outcome)]
    if not refused or not may_renew(channel):
        return list(outcomes)
    try:
        renewed = calling.renewed(account_id, channel, settings)
    except SendFailed as error:
        return [error if n in refused else outcome for n, outcome in enumerate(outcomes)]
    again = dict(zip(refused, _send_all(renewed, [claimed[n] for n in refused], settings), strict=True))
    return [again.get(n, outcome) for n, outcome in enumerate(outcomes)]


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
    with transaction():
        queries.lock_conversations_by_id([c.conversation_id for c in claimed])
        account = db.session.get_one(ChannelAccount, account_id, with_for_update=True)
        rows = {d.id: d for d in delivery_queries.lock_deliveries([c.delivery_id for c in claimed])}
        at = queries.database_time()
        for one, outcome in zip(claimed, outcomes, strict=True):
            _record(account, rows[one.delivery_id], one.attempt, outcome, at=at)
        _tell([c.conversation_id for c in claimed])


def _record(account: ChannelAccount, delivery: Delivery, attempt: int, outcome: Outcome, *, at: datetime) -> None:
    """Write down what became of one call. A claim that was overtaken (its lease ran out) still tells the truth."""
    if isinstance(outcome, Accepted):
        quotas.note_quota(account, outcome.quota)
        outbound.record_accepted(delivery, outcome, at=at)
        return
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
    for ticket in ticket_queries.latest_tickets(set(conversation_ids)):
        ticket_changed(ticket)
