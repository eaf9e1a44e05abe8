"""Stored intervals against those that messages tell: every night for the day before, or on command."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.metrics import reconciliation_queries as queries
from helpdesk.metrics.models import Reconciliation, ReconciliationDifference
from helpdesk.metrics.periods import Period
from helpdesk.orm import db
from helpdesk.sla.recounting import compare, recount
from helpdesk.tickets.happened_queries import happened_in
from helpdesk.transaction import transaction

AT_ONCE = 500


def reconcile(period: Period, *, at: datetime) -> Reconciliation:
    """Count again the tickets of these days and keep what came of it, in transactions of its own.

    Nothing is locked: where a ticket differs it is looked at once more, for somebody may have answered between the
    looks. What is broken off keeps nothing.
    """
    with transaction():
        ticket_ids = queries.tickets_of(period)
    checked, found = 0, dict[int, str]()
    for start in range(0, len(ticket_ids), AT_ONCE):
        some = ticket_ids[start : start + AT_ONCE]
        with transaction():
            skipped = queries.cannot_be_counted(some)
            wanted = [ticket_id for ticket_id in some if ticket_id not in skipped]
            differing = sorted(_differences(wanted))
        if differing:
            with transaction():
                found |= _differences(differing)
        checked += len(wanted)
    with transaction():
        run = Reconciliation(
            at=at, first=period.first, last=period.last, checked=checked, skipped=len(ticket_ids) - checked
        )
        db.session.add(run)
        db.session.flush()
        db.session.add_all(
            ReconciliationDifference(reconciliation_id=run.id, ticket_id=ticket_id, words=words)
            for ticket_id, words in found.items()
        )
    return run


def _differences(ticket_ids: Sequence[int]) -> dict[int, str]:
    """Ticket → what differs."""
    happened, stored = happened_in(ticket_ids), queries.stored_of(ticket_ids)
    found = {ticket_id: compare(recount(happened[ticket_id]), stored[ticket_id]) for ticket_id in ticket_ids}
    return {ticket_id: difference.words for ticket_id, difference in found.items() if difference is not None}
