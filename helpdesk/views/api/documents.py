"""What the API answers, as plain values; instants are ISO 8601 in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from helpdesk.messaging.models import Message, Part
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.queue_queries import TicketRow
from helpdesk.views.rendering import iso

Document = dict[str, Any]


def ticket_in_list(row: TicketRow) -> Document:
    return {
        "id": row.id,
        "status": row.status,
        "priority": Priority(row.priority).word,
        "network": row.network,
        "team_id": row.team_id,
        "customer": {"name": row.customer_name, "handle": row.customer_handle},
        "assignee": {"id": row.assignee_id, "name": row.assignee_name} if row.assignee_id else None,
        "waiting_since": _instant(row.waiting_since),
        "due_at": _instant(row.clock_due_at),
        "updated_at": _instant(row.updated_at),
    }


def whole_ticket(ticket: Ticket, tags: Sequence[str], messages: Sequence[Message]) -> Document:
    """The ticket with the last messages of its conversation, oldest first."""
    return {
        "id": ticket.id,
        "status": ticket.status,
        "priority": Priority(ticket.priority).word,
        "network": ticket.account.network,
        "team_id": ticket.team_id,
        "customer": {"name": ticket.customer.display_name or ticket.customer.handle, "handle": ticket.customer.handle},
        "assignee": {"id": ticket.assignee.id, "name": ticket.assignee.name} if ticket.assignee else None,
        "waiting_since": _instant(ticket.waiting_since),
        "due_at": _instant(ticket.due_at),
        "updated_at": _instant(ticket.updated_at),
        "opened_at": _instant(ticket.opened_at),
        "resolved_at": _instant(ticket.resolved_at),
        "tags": list(tags),
        "messages": [said(message) for message in messages],
    }


def said(message: Message) -> Document:
    return {
        "id": message.id,
        "direction": message.direction,
        "at": _instant(message.platform_time),
        "author": message.author_agent.name if message.author_agent else message.author.display_name,
        "parts": [_part(part) for part in message.parts],
        "delivery": message.delivery.state if message.delivery else None,
    }


def _part(part: Part) -> Document:
    file = part.file
    shown = {"id": str(file.public_id), "name": file.name, "mime": file.mime, "size": file.size} if file else None
    return {"kind": part.kind, "text": part.text, "file": shown}


def _instant(at: datetime | None) -> str | None:
    return iso(at) if at else None
