"""The canned replies of a ticket's brand, with their variables filled in."""

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from helpdesk.people.permissions import Act
from helpdesk.tickets import canned_replies, canned_reply_queries, queries
from helpdesk.tickets.models import CannedReply
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint


@dataclass(frozen=True, kw_only=True)
class ShownReply:
    id: int
    name: str
    says: str
    uses: int
    body: list[tuple[str, bool]]
    shared_by: str


@blueprint.get("/tickets/<int:ticket_id>/canned-replies")
@open_to(Audience.AGENTS)
def list_canned_replies(ticket_id: int) -> ResponseReturnValue:
    """The list that opens on `/`; narrowed as one types, in the page."""
    agent = current_agent()
    ticket = queries.find_ticket(ticket_id, current_standing(), Act.REPLY)
    values = canned_replies.values_for(
        customer_name=ticket.customer.display_name,
        agent_name=agent.name,
        brand_name=ticket.team.brand.name,
        ticket_id=ticket.id,
    )
    replies = [_shown(reply, values) for reply in canned_reply_queries.canned_replies(ticket.brand_id, agent.id)]
    return render_template("console/_canned.html", replies=replies)


def _shown(reply: CannedReply, values: dict[str, str]) -> ShownReply:
    return ShownReply(
        id=reply.id,
        name=reply.shortcut,
        says=reply.title,
        uses=reply.use_count,
        body=canned_replies.pieces(reply.body, values),
        shared_by="Shared" if reply.owner_id is None else "Only yours",
    )
