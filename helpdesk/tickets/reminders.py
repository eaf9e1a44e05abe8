"""What people see when a promise is nearly or already broken: a line in the ticket's history, and lists that move."""

from collections.abc import Sequence

from helpdesk.sla import firing
from helpdesk.sla.firing import Fired
from helpdesk.tickets import queries
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event


def note(fired: Sequence[Fired]) -> None:
    """Write each warning or breach into its ticket, at the instant it happened, and who held the ticket at a breach."""
    tickets = {ticket.id: ticket for ticket in queries.tickets({one.ticket_id for one in fired})}
    firing.record_holders(
        {one.clock_id: queries.held_by(one.ticket_id, at=one.at) for one in fired if one.fraction is None}
    )
    for one in fired:
        kind = "overdue" if one.fraction is None else "due soon"
        record_event(tickets[one.ticket_id], kind, by=None, at=one.at, promise=one.kind)
        ticket_changed(tickets[one.ticket_id])
