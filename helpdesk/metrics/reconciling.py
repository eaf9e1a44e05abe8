"""Stored intervals against those that messages tell: every night for the day before, or on command."""

from collections.abc import Callable
from datetime import datetime

from helpdesk.metrics import reconciliation_queries as queries
from helpdesk.metrics.models import Reconciliation, ReconciliationDifference
from helpdesk.metrics.periods import Period
from helpdesk.metrics.recounting import compare, recount
from helpdesk.orm import db
from helpdesk.transaction import transaction

AT_ONCE = 500


def reconcile(period: Period, *, at: datetime, progress: Callable[[int, int], object] | None = None) -> Reconciliation:
    """Count again the tickets of these days and keep what came of it, in transactions of its own.

    A ticket that changes between the two looks at it is looked at once more: nothing is locked.
    """
    with transaction():
        ticket_ids = queries.tickets_of(period)
        run = Reconciliation(at=at, first=period.first, last=period.last, checked=0, skipped=0)
        db.session.add(run)
        db.session.flush()
        run_id = run.id
    done = 0
    for start in range(0, len(ticket_ids), AT_ONCE):
        some = ticket_ids[start : start + AT_ONCE]
        with transaction():
            skipped = queries.cannot_be_counted(some)
            wanted = [ticket_id for ticket_id in some if ticket_id not in skipped]
            differences = _differences(wanted)
        with transaction():
            # Somebody may have answered between the looks.
            differences = _differences(sorted(differences)) if differences else {}
            run = db.session.get_one(Reconciliation, run_id)
            run.checked += len(wanted)
            run.skipped += len(skipped)
            db.session.add_all(
                ReconciliationDifference(reconciliation_id=run_id, ticket_id=ticket_id, words=words)
                for ticket_id, words in differences.items()
            )
        done += len(some)
        if progress is not None:
            progress(done, len(ticket_ids))
    return db.session.get_one(Reconciliation, run_id)


def _differences(ticket_ids: list[int]) -> dict[int, str]:
    """Ticket → what differs."""
    happened, stored = queries.happened_in(ticket_ids), queries.stored_of(ticket_ids)
    found = {ticket_id: compare(recount(happened[ticket_id]), stored[ticket_id]) for ticket_id in ticket_ids}
    return {ticket_id: difference.words for ticket_id, difference in found.items() if difference is not None}
