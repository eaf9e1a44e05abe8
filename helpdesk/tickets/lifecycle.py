"""The states of a ticket, the one table of moves, and what each move does to its promises."""

from datetime import datetime, timedelta

from helpdesk.errors import InvalidInput, InvalidTransition
from helpdesk.people.models import Agent
from helpdesk.tickets import promises
from helpdesk.tickets.models import Priority, Status, Ticket
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event

ACTIVE = (Status.OPEN, Status.PENDING, Status.SNOOZED)

MOVES: dict[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.PENDING, Status.SNOOZED, Status.RESOLVED}),
    Status.PENDING: frozenset({Status.OPEN, Status.SNOOZED, Status.RESOLVED}),
    Status.SNOOZED: frozenset({Status.OPEN, Status.PENDING, Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}


def move(ticket: Ticket, to: Status) -> None:
    """Raises InvalidTransition when the table has no such move."""
    if to not in MOVES[Status(ticket.status)]:
        raise InvalidTransition(f"A ticket that is {ticket.status} cannot become {to}.")
    ticket.status = to


def resolve(ticket: Ticket, *, by: Agent, at: datetime) -> None:
    """Close the work on a ticket; a later message from the customer reopens it."""
    move(ticket, Status.RESOLVED)
    ticket.resolved_at, ticket.resolved_by_agent_id = at, by.id
    ticket.waiting_since = ticket.snoozed_until = None
    promises.resolved(ticket, by=by, at=at)
    record_event(ticket, "resolved", by=by, at=at)
    ticket_changed(ticket)


def reopen(ticket: Ticket, *, by: Agent | None, at: datetime, **why: object) -> None:
    """Take up a resolved ticket again; its resolution clock goes on, the time resolved counted as a pause."""
    move(ticket, Status.OPEN)
    ticket.resolved_at = ticket.resolved_by_agent_id = None
    ticket.reopened_count += 1
    promises.reopened(ticket, at=at)
    record_event(ticket, "reopened", by=by, at=at, **why)
    ticket_changed(ticket)


def wait_for_customer(ticket: Ticket, *, by: Agent, at: datetime) -> None:
    """Pending: it is the customer's turn; their next message opens it again."""
    move(ticket, Status.PENDING)
    ticket.snoozed_until = None
    promises.paused(ticket, at=at)
    record_event(ticket, "pending", by=by, at=at)
    ticket_changed(ticket)


LONGEST_SNOOZE = timedelta(days=36_525)
"""A hundred years; what lies near the end of the calendar could be written and not be read again."""


def snooze(ticket: Ticket, *, until: datetime, by: Agent, at: datetime) -> None:
    """Put it away until an instant, or until the customer writes, whichever is first."""
    if until <= at:
        raise InvalidInput("Choose a time that is still to come.", field="until")
    if until - at > LONGEST_SNOOZE:
        raise InvalidInput("Choose a time that is not so far away.", field="until")
    move(ticket, Status.SNOOZED)
    ticket.snoozed_until = until
    promises.paused(ticket, at=at)
    record_event(ticket, "snoozed", by=by, at=at, until=until.isoformat())
    ticket_changed(ticket)


def open_again(ticket: Ticket, *, by: Agent | None, at: datetime, **why: object) -> None:
    """Back to open from pending or snoozed: by hand, by a message of the customer, or at the snooze's end."""
    if ticket.status == Status.RESOLVED:
        reopen(ticket, by=by, at=at, **why)
        return
    move(ticket, Status.OPEN)
    ticket.snoozed_until = None
    promises.resumed(ticket, at=at)
    record_event(ticket, "opened", by=by, at=at, **why)
    ticket_changed(ticket)


def set_priority(ticket: Ticket, priority: Priority, *, by: Agent | None, at: datetime) -> None:
    """Another priority may mean another policy: targets are applied again from the original start."""
    if ticket.priority == priority:
        return
    before, ticket.priority = Priority(ticket.priority), priority
    promises.apply_policy_again(ticket, at=at)
    record_event(ticket, "priority", by=by, at=at, before=before.word, after=priority.word)
    ticket_changed(ticket)
