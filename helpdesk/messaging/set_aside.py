"""Raw events that were set aside: looked at by the operator, and put back once their cause is gone."""

from helpdesk import bells
from helpdesk.messaging.models import InboundEvent, InboundState


def put_back(event: InboundEvent) -> None:
    """Let the worker try again; one that was taken in meanwhile stays so."""
    if event.state not in (InboundState.QUARANTINED, InboundState.UNREADABLE):
        return
    event.state, event.error, event.processed_at = InboundState.RECEIVED, "", None
    bells.ring_after_commit(bells.INGEST, event.account_id)
