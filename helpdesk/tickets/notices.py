"""Which notices a ticket's changes cause. A notice names subjects only; the page asks for what it may see."""

from helpdesk.live.notices import Notice, notify_after_commit
from helpdesk.tickets.models import Ticket


def ticket_changed(ticket: Ticket) -> None:
    """Tell the staff who may see the ticket where it is now."""
    tell_staff(
        ticket_id=ticket.id, conversation_id=ticket.conversation_id, brand_id=ticket.brand_id, team_id=ticket.team_id
    )


def tell_staff(*, ticket_id: int, conversation_id: int, brand_id: int, team_id: int) -> None:
    subjects = (f"ticket-{ticket_id}", f"conversation-{conversation_id}", "queues")
    notify_after_commit(Notice(subjects=subjects, brand_id=brand_id, team_id=team_id))


def left_team(*, brand_id: int, team_id: int) -> None:
    """A ticket went to another team: the old one's lists are to be asked for again, and nothing names it."""
    notify_after_commit(Notice(subjects=("queues",), brand_id=brand_id, team_id=team_id))
