"""A message that is to be sent later: it waits for its time, and is held when the customer writes first.

Until its release it stops no clock, holds up nothing and nobody outside the staff sees it.
"""

from collections.abc import Collection
from datetime import datetime

from helpdesk import bells
from helpdesk.errors import Conflict
from helpdesk.messaging import delivery_queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.inbound import move_last_message
from helpdesk.messaging.models import Delivery
from helpdesk.messaging.outbound import mark_changed


def release(delivery: Delivery) -> None:
    """Its time has come: from here on it is a reply like any other, in line since that time."""
    _check_waits(delivery)
    delivery.awaits_release, delivery.held_at = False, None
    move_last_message([(delivery.conversation_id, delivery.message_id, delivery.not_before)])
    mark_changed([delivery])
    bells.ring_after_commit(bells.DELIVER, delivery.account_id)


def postpone(delivery: Delivery, *, until: datetime) -> None:
    """Another time, sooner or later; one that was held waits for it again."""
    _check_waits(delivery)
    delivery.not_before = delivery.message.platform_time = until
    delivery.held_at = None
    mark_changed([delivery])


def _check_waits(delivery: Delivery) -> None:
    if delivery.state != DeliveryState.QUEUED or not delivery.awaits_release:
        raise Conflict("This message no longer waits for its time.")


def hold(conversation_ids: Collection[int], *, at: datetime) -> None:
    """The customers of these (locked) conversations wrote first: what was to be sent later waits for an agent."""
    if not conversation_ids:
        return
    held = delivery_queries.lock_to_be_sent_later(conversation_ids)
    for delivery in held:
        delivery.held_at = at
    if held:
        mark_changed(held)
