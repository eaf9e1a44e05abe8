"""What was set aside: looked at by the operator, put back once its cause is gone, or discarded with a reason."""

from datetime import datetime

from helpdesk import bells
from helpdesk.errors import InvalidInput
from helpdesk.messaging.models import InboundEvent, InboundState, ParkedEvent
from helpdesk.people.models import Agent

REASON_MAX = 500

_SET_ASIDE = (InboundState.QUARANTINED, InboundState.UNREADABLE)


def put_back(event: InboundEvent) -> None:
    """Let the worker try again, also what was discarded; one that was taken in meanwhile stays so."""
    if event.state not in (*_SET_ASIDE, InboundState.DISCARDED):
        return
    event.state, event.error, event.processed_at = InboundState.RECEIVED, "", None
    event.discarded_at = event.discarded_by_id = None
    event.discard_reason = ""
    bells.ring_after_commit(bells.INGEST, event.account_id)


def discard(event: InboundEvent | ParkedEvent, reason: str, *, by: Agent, at: datetime) -> None:
    """Decide that it is not to be taken in. Raises InvalidInput without a reason; who, when and why are kept."""
    words = reason.strip()
    if not words:
        raise InvalidInput("Write why: whoever looks for it later reads this.", field="reason")
    if len(words) > REASON_MAX:
        raise InvalidInput(f"At most {REASON_MAX} characters; these are {len(words)}.", field="reason")
    event.discarded_at, event.discarded_by_id, event.discard_reason = at, by.id, words
    if isinstance(event, InboundEvent):
        event.state = InboundState.DISCARDED
