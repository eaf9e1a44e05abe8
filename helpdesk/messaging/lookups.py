"""Unknown deliveries, looked for in the network's own record before an agent has to decide.

What is found goes the way of all backfilled pages and joins its delivery as an echo does (echoes.py): one to one, in
order of sending, by text and time. What is not found stays unknown, and says that it was looked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.history import HistoryPage
from helpdesk.channels.port import FailureClass, SendFailed
from helpdesk.messaging import delivery_queries, history_queries, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.history import ensure_link, keep_raw, may_ask, may_call, networks
from helpdesk.messaging.models import ChannelAccount, DeliveryLookup
from helpdesk.orm import db
from helpdesk.pace import pace

WAITS = (timedelta(seconds=10), timedelta(seconds=50), timedelta(minutes=4))
"""Before the first look, when the echo has usually come, and before each after it: a slow network still takes it."""

LEASE = timedelta(minutes=2)

_SHORTEST_WAIT = timedelta(seconds=1)
"""At a shortened pace the first echo still needs time to come."""

HOW_MANY = 20
"""Messages that one look asks for."""

NOT_FOUND = "The network's own record does not show it."


@dataclass(frozen=True, kw_only=True)
class ClaimedLookup:
    """One look into a conversation; no rows."""

    account_id: int
    delivery_id: int
    conversation_id: int
    conversation_key: str
    customer_external_id: str


def begin(*, at: datetime, limit: int = 200) -> int:
    """Note what is unknown and not looked for yet; how many that were."""
    unknown = history_queries.unknown_deliveries_not_looked_for(networks(), limit=limit)
    rows = [{"delivery_id": d.id, "account_id": d.account_id, "due_at": at + _wait(0)} for d in unknown]
    if rows:
        db.session.execute(insert(DeliveryLookup).on_conflict_do_nothing(), rows)
    return len(rows)


def claim(account: ChannelAccount, *, at: datetime) -> ClaimedLookup | None:
    """The next conversation to look into; the caller commits before it asks. What is settled by now is passed over."""
    link = ensure_link(account.id)
    if not may_ask(account) or not may_call(link.lookups_remaining, link.lookups_reset_at, at=at):
        return None
    while (lookup := history_queries.lock_lookup_due(account.id, at=at)) is not None:
        delivery = history_queries.delivery_with_conversation(lookup.delivery_id)
        if delivery.state == DeliveryState.UNKNOWN and lookup.tries < len(WAITS):
            lookup.due_at = at + LEASE
            return ClaimedLookup(
                account_id=account.id,
                delivery_id=delivery.id,
                conversation_id=delivery.conversation_id,
                conversation_key=delivery.conversation.external_key,
                customer_external_id=queries.customers_of([delivery.conversation_id]).get(delivery.conversation_id, ""),
            )
        lookup.is_over = True
        db.session.flush()
        if delivery.state == DeliveryState.UNKNOWN:
            _say_not_found(delivery.conversation_id, delivery.id)
    return None


def keep_answer(claimed: ClaimedLookup, page: HistoryPage, *, at: datetime) -> None:
    """Keep what the conversation's record shows; one look serves all that is unknown there."""
    if page.count:
        keep_raw(claimed.account_id, page, at=at)
    _note_reads(claimed.account_id, page)
    for lookup in history_queries.lock_lookups_of(claimed.conversation_id):
        lookup.tries += 1
        lookup.due_at = at + _wait(lookup.tries)


def note_failed(claimed: ClaimedLookup, error: SendFailed, *, at: datetime) -> None:
    """It could not be looked up: later, if that may help."""
    if error.quota is not None:
        link = ensure_link(claimed.account_id)
        link.lookups_remaining, link.lookups_reset_at = error.quota.remaining, error.quota.resets_at
    for lookup in history_queries.lock_lookups_of(claimed.conversation_id):
        if error.failure not in (FailureClass.TRANSIENT, FailureClass.THROTTLED):
            lookup.tries = len(WAITS)
        lookup.due_at = error.retry_at or at + _wait(len(WAITS))


def _wait(tries: int) -> timedelta:
    """Before the look after so many."""
    return pace.of(WAITS[min(tries, len(WAITS) - 1)], at_least=_SHORTEST_WAIT)


def _note_reads(account_id: int, page: HistoryPage) -> None:
    if page.quota is not None:
        link = ensure_link(account_id)
        link.lookups_remaining, link.lookups_reset_at = page.quota.remaining, page.quota.resets_at


def _say_not_found(conversation_id: int, delivery_id: int) -> None:
    queries.lock_conversations_by_id([conversation_id])
    for delivery in delivery_queries.lock_deliveries([delivery_id]):
        if delivery.state == DeliveryState.UNKNOWN and NOT_FOUND not in delivery.reason:
            outbound.note_not_found(delivery, NOT_FOUND)
