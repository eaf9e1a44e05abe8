"""What happens to a ticket's promises when something happens to the ticket: the seam between tickets and sla."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from helpdesk.messaging import queries as messaging_queries
from helpdesk.people.models import Agent
from helpdesk.sla import clocks, retargeting
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.models import RESPONSES, ClockKind, PauseReason
from helpdesk.sla.policies import TicketFacts
from helpdesk.sla.retargeting import Retargeting
from helpdesk.tickets import queries, tagging_queries
from helpdesk.tickets.models import Priority, Status, Ticket

_PAUSE_OF = {Status.PENDING: PauseReason.PENDING, Status.SNOOZED: PauseReason.SNOOZED}


def facts_of(ticket: Ticket, *, network: str, tags: Collection[str]) -> TicketFacts:
    """What a policy's conditions look at."""
    return TicketFacts(
        brand_id=ticket.brand_id,
        priority=Priority(ticket.priority).word,
        network=network,
        account_id=ticket.account_id,
        team_id=ticket.team_id,
        tags=frozenset(tags),
    )


def as_it_is(ticket: Ticket, *, network: str, tags: Collection[str]) -> Retargeting:
    """For asking what it would be promised, or promising it."""
    facts = facts_of(ticket, network=network, tags=tags)
    return Retargeting(ticket_id=ticket.id, facts=facts, waiting=_PAUSE_OF.get(Status(ticket.status)))


def starts_of_turn(ticket: Ticket, facts: TicketFacts, *, at: datetime) -> list[ClockStart]:
    """The clocks that a turn's first message starts; those that run or ran already are left as they are."""
    is_first = ticket.last_reply_at is None and ticket.reopened_count == 0
    response = ClockKind.FIRST_RESPONSE if is_first else ClockKind.NEXT_RESPONSE
    return [
        ClockStart(ticket_id=ticket.id, kind=kind, started_at=at, facts=facts)
        for kind in (response, ClockKind.RESOLUTION)
    ]


def start(starts: Sequence[ClockStart], tickets: Iterable[Ticket], *, at: datetime) -> None:
    """Start these clocks (one that runs is only ever moved to an earlier start), and keep `due_at` and `matched`."""
    by_id = {ticket.id: ticket for ticket in tickets}
    for clock in clocks.start(starts, at=at):
        by_id[clock.ticket_id].matched = clock.matched
    refresh_due(by_id.values())


def refresh_due(tickets: Iterable[Ticket]) -> None:
    """Keep each ticket's `due_at`, by which queues are sorted, at its earliest running promise."""
    by_id = {ticket.id: ticket for ticket in tickets}
    due = sla_queries.earliest_due(by_id.keys())
    for ticket_id, ticket in by_id.items():
        ticket.due_at = due.get(ticket_id)


def answered(ticket: Ticket, *, message_id: int, by: Agent | None, at: datetime) -> None:
    """A public reply stops the response that runs; `by` None: sent from the network's own app, by nobody we know."""
    clocks.stop(
        ticket.id,
        RESPONSES,
        at=at,
        by_message_id=message_id,
        by_agent_id=by.id if by else None,
        held_by_agent_id=ticket.assignee_id,
    )
    refresh_due([ticket])


def answer_revoked(ticket: Ticket, *, message_id: int, at: datetime) -> None:
    """A reply was taken back or failed for good: its clock runs on from its old start, and the customer waits again."""
    following = queries.next_reply(ticket.id, after_message_id=message_id)
    revoked = clocks.revoke_stop(message_id, at=at, next_reply=following)
    running = [clock for clock in revoked if clock.is_running and clock.kind in RESPONSES]
    if running:
        ticket.waiting_since = min(clock.started_at for clock in running)
    refresh_due([ticket])


def resolved(ticket: Ticket, *, by: Agent, at: datetime) -> None:
    clocks.stop(ticket.id, tuple(ClockKind), at=at, by_agent_id=by.id, held_by_agent_id=ticket.assignee_id)
    refresh_due([ticket])


def reopened(ticket: Ticket, *, at: datetime) -> None:
    clocks.continue_resolution(ticket.id, at=at)
    refresh_due([ticket])


def paused(ticket: Ticket, *, at: datetime) -> None:
    clocks.pause([ticket.id], at=at, reason=_PAUSE_OF[Status(ticket.status)])
    refresh_due([ticket])


def resumed(ticket: Ticket, *, at: datetime) -> None:
    clocks.resume([ticket.id], at=at)
    refresh_due([ticket])


def apply_policy_again(ticket: Ticket, *, at: datetime) -> None:
    """Its priority, team or tags changed: targets are applied again from the original start."""
    change = as_it_is(
        ticket, network=messaging_queries.network_of(ticket.account_id), tags=tagging_queries.tags_of(ticket.id)
    )
    for clock in retargeting.retarget([change], at=at):
        ticket.matched = clock.matched
    refresh_due([ticket])
