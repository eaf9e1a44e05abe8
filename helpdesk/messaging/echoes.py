"""Our own messages coming back from the network, joined to the deliveries they belong to.

X tells us of everything the brand sent, through us or from its own app, sometimes before it answered our call.
Where it carries no key of ours only text and order can match: one to one, in order of sending, else it stands
as a message of the brand's own app.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from helpdesk.channels.port import Accepted, InboundMessage, PartKind
from helpdesk.messaging import delivery_queries, history_queries, outbound, queries
from helpdesk.messaging.inbound import Heard, text_of
from helpdesk.messaging.models import ChannelAccount, Delivery

APART = timedelta(minutes=2)
"""How far the network's clock may be from ours, and how long after our call it may still take the message."""


def join_echoes(account: ChannelAccount, heard: Sequence[Heard], *, at: datetime) -> tuple[list[Heard], list[int]]:
    """What was heard without the echoes that were ours, and the conversations in which one settled a delivery."""
    echoes = [h.message for h in heard if h.message.is_from_brand]
    if not echoes:
        return list(heard), []
    conversation_ids = queries.lock_conversations(account.id, {m.conversation_key for m in echoes})
    known = queries.known_external_ids(conversation_ids.values(), [m.external_id for m in echoes])
    joined: set[str] = set(known)
    settled: list[int] = []
    for echo in sorted(echoes, key=lambda m: (m.sent_at, m.external_id)):
        conversation_id = conversation_ids.get(echo.conversation_key)
        if conversation_id is None or echo.external_id in joined:
            continue
        if _settle(conversation_id, echo, at=at):
            joined.add(echo.external_id)
            settled.append(conversation_id)
    return [h for h in heard if not (h.message.is_from_brand and h.message.external_id in joined)], settled


def _settle(conversation_id: int, echo: InboundMessage, *, at: datetime) -> bool:
    for delivery in delivery_queries.deliveries_awaiting_echo(conversation_id):
        if delivery.message.external_id is None and _says_the_same(delivery, echo) and _is_of_its_time(delivery, echo):
            accepted = Accepted(external_id=echo.external_id, conversation_key=echo.conversation_key)
            outbound.record_accepted(delivery, accepted, at=at)
            return True
    return False


def _is_of_its_time(delivery: Delivery, echo: InboundMessage) -> bool:
    """Whether it was said while we tried: the same words of last week, read from the record, are another message.

    What the network tells as it happens cannot be so old.
    """
    if not echo.is_backfilled:
        return True
    attempted = history_queries.attempted_between(delivery.id)
    return attempted is not None and attempted[0] - APART <= echo.sent_at <= attempted[1] + APART


def _says_the_same(delivery: Delivery, echo: InboundMessage) -> bool:
    ours = delivery.message.parts
    our_text = "\n".join(part.text for part in ours if part.kind == PartKind.TEXT)
    our_media = sum(part.file_id is not None for part in ours)
    return our_text.strip() == text_of(echo.parts).strip() and our_media == sum(bool(p.source_url) for p in echo.parts)
