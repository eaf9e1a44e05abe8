"""What an agent decides about a delivery: again, never, past it, back into the composer, or that it arrived."""

from datetime import datetime

from helpdesk import bells
from helpdesk.errors import Conflict
from helpdesk.messaging import queries
from helpdesk.messaging.delivery_states import UNSETTLED, DeliveryState
from helpdesk.messaging.models import Delivery
from helpdesk.messaging.outbound import mark_changed, move, rise


def retry(delivery: Delivery, *, at: datetime) -> None:
    """Send a failed or unknown one again, as a new attempt of the same delivery at its old place in line."""
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        raise Conflict("This message is no longer waiting for a decision.")
    move(delivery, DeliveryState.QUEUED)
    delivery.failure = delivery.reason = ""
    delivery.is_passed, delivery.retried_at = False, at
    _changed(delivery)


def discard(delivery: Delivery) -> None:
    """Give it up: it will not be sent, and those behind it may go."""
    if delivery.state not in UNSETTLED or delivery.state == DeliveryState.SENDING:
        raise Conflict("This message has already left.")
    move(delivery, DeliveryState.CANCELLED)
    _changed(delivery)


def take_back(delivery: Delivery) -> None:
    """Cancel what has not left, or certainly never arrived, and show it in the conversation no more.

    What was unknown may have arrived: it stays where everybody sees it.
    """
    if delivery.state not in (DeliveryState.QUEUED, DeliveryState.FAILED):
        raise Conflict(_too_late(delivery))
    move(delivery, DeliveryState.CANCELLED)
    delivery.is_taken_back = True
    conversation = delivery.conversation
    if conversation.last_message_id == delivery.message_id:
        conversation.last_message_id, conversation.last_message_at = queries.last_said(conversation.id)
    _changed(delivery)


def _too_late(delivery: Delivery) -> str:
    match delivery.state:
        case DeliveryState.SENDING:
            return "Too late to take it back: it is on its way."
        case DeliveryState.CANCELLED:
            return "It has been taken back already."
        case DeliveryState.UNKNOWN:
            return "It may have arrived, so it cannot be taken back."
    return "Too late to take it back: it has been sent."


def send_past(delivery: Delivery) -> None:
    """Let those behind a failed or unknown one go."""
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        raise Conflict("This message is no longer in the way.")
    delivery.is_passed = True
    _changed(delivery)


def confirm_arrived(delivery: Delivery, *, at: datetime) -> None:
    """Somebody has looked on the network: what was unknown did arrive."""
    if delivery.state != DeliveryState.UNKNOWN:
        raise Conflict("What became of this message is known by now.")
    delivery.message.released_at = delivery.message.released_at or at
    rise(delivery, DeliveryState.ACCEPTED, at=at)
    _changed(delivery)


def _changed(delivery: Delivery) -> None:
    """Open pages see it, and those behind it may be free to go."""
    mark_changed([delivery])
    bells.ring_after_commit(bells.DELIVER, delivery.account_id)
