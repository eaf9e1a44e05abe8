"""When a promise is nearly or already broken: a line in the ticket's history, and what its policy does then."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.sla import firing
from helpdesk.sla.firing import Fired
from helpdesk.tickets import queries
from helpdesk.tickets.escalating import escalate
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event


def note(fired: Sequence[Fired], *, at: datetime) -> None:
    """Write each warning or breach into its ticket, at the instant it happened, and who held the ticket at a breach.

    What the policy does then is done now, at `at`, where the promise still runs.
    """
    tickets = {ticket.id: ticket for ticket in queries.tickets({one.ticket_id for one in fired})}
    firing.record_holders(
        {one.clock_id: queries.held_by(one.ticket_id, at=one.at) for one in fired if one.fraction is None}
    )
    breaches = {one.clock_id: one.escalation for one in fired if one.fraction is None}
    for one in fired:
        kind = "overdue" if one.fraction is None else "due soon"
        record_event(tickets[one.ticket_id], kind, by=None, at=one.at, promise=one.kind)
        if one.is_running:
            escalation = one.escalation
            if one.fraction is not None and one.clock_id in breaches:
                # The worker was away: whom the breach is told anyway need not hear that it was near.
                escalation = escalation.but_for(breaches[one.clock_id])
            escalate(tickets[one.ticket_id], escalation, words=_words(one, at=at), at=at)
        ticket_changed(tickets[one.ticket_id])


def _words(fired: Fired, *, at: datetime) -> str:
    promise = fired.kind.value.replace("_", " ")
    return f"The {promise} is overdue" if fired.due_at < at else f"The {promise} is due soon"
