"""Heartbeats of open pages: who is here, with which ticket, and writing or not."""

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.tickets import presence, queries
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint

AWAY, WRITING = "away", "writing"


@blueprint.post("/presence")
@open_to(Audience.AGENTS)
def be_here() -> ResponseReturnValue:
    with transaction():
        if request.form.get("state") == AWAY:
            presence.go_away(current_agent(), at=clock.now())
        else:
            presence.be_here(current_agent(), on=None, at=clock.now())
    return "", 204


@blueprint.post("/tickets/<int:ticket_id>/presence")
@open_to(Audience.AGENTS)
def look(ticket_id: int) -> ResponseReturnValue:
    state = request.form.get("state", "")
    with transaction():
        ticket = queries.find_ticket(ticket_id, current_standing())
        if state == AWAY:
            presence.go_away(current_agent(), at=clock.now())
        else:
            presence.look(ticket, by=current_agent(), is_typing=state == WRITING, at=clock.now())
    return "", 204
