"""Rules or opening hours changed: what the open tickets of a brand would be promised, and giving it to them."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.sla import retargeting
from helpdesk.sla.retargeting import Retargeting
from helpdesk.tickets import promise_queries, promises, tagging_queries
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.notices import tell_staff
from helpdesk.transaction import transaction

AT_ONCE = 500
"""Tickets that are locked together: agents who work on one meanwhile wait for no more than these."""


def open_tickets(brand_id: int) -> list[Retargeting]:
    """The brand's open, pending and snoozed tickets as they are now, for a preview."""
    return _as_they_are(promise_queries.active_tickets_of_brand(brand_id))


def apply_to_open_tickets(brand_id: int, *, at: datetime) -> int:
    """Give every open ticket what the published rules promise now; how many were promised otherwise.

    In transactions of its own: breaking off in between harms nothing, and doing it again goes on.
    """
    changed, after_id, is_more = 0, 0, True
    while is_more:
        with transaction():
            tickets = promise_queries.lock_active_tickets_of_brand(brand_id, after_id=after_id, limit=AT_ONCE)
            changed += _apply(tickets, at=at)
            is_more, after_id = len(tickets) == AT_ONCE, tickets[-1].id if tickets else after_id
    return changed


def _apply(tickets: Sequence[Ticket], *, at: datetime) -> int:
    matched = {clock.ticket_id: clock.matched for clock in retargeting.retarget(_as_they_are(tickets), at=at)}
    changed = [ticket for ticket in tickets if ticket.id in matched]
    for ticket in changed:
        ticket.matched = matched[ticket.id]
        tell_staff(
            ticket_id=ticket.id,
            conversation_id=ticket.conversation_id,
            brand_id=ticket.brand_id,
            team_id=ticket.team_id,
        )
    promises.refresh_due(changed)
    return len(changed)


def _as_they_are(tickets: Sequence[Ticket]) -> list[Retargeting]:
    networks = promise_queries.networks_of({ticket.account_id for ticket in tickets})
    tags = tagging_queries.tags_of_many([ticket.id for ticket in tickets])
    return [
        promises.as_it_is(ticket, network=networks[ticket.account_id], tags=tags.get(ticket.id, ()))
        for ticket in tickets
    ]
