"""Raw events that could not be taken in: why, what they said, and a button to try again."""

import logging

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from helpdesk.messaging import set_aside
from helpdesk.messaging.set_aside_queries import find_set_aside, set_aside_events
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.frame import page

logger = logging.getLogger(__name__)

SHOWN_BYTES = 64 * 1024


@blueprint.get("/set-aside")
@open_to(Audience.ADMINS)
def list_set_aside() -> ResponseReturnValue:
    return page("set_aside.html", "set-aside", events=set_aside_events())


@blueprint.get("/set-aside/<int:event_id>")
@open_to(Audience.ADMINS)
def show_set_aside(event_id: int) -> ResponseReturnValue:
    event = find_set_aside(event_id)
    # It may hold a customer's words: that somebody looked is recorded.
    logger.info("raw event read", extra={"event_id": event.id, "agent_id": current_agent().id})
    shown = event.body[:SHOWN_BYTES].decode(errors="replace")
    return page("set_aside_event.html", "set-aside", event=event, shown=shown, is_cut=len(event.body) > SHOWN_BYTES)


@blueprint.post("/set-aside/<int:event_id>/retry")
@open_to(Audience.ADMINS)
def retry_set_aside(event_id: int) -> ResponseReturnValue:
    with transaction():
        set_aside.put_back(find_set_aside(event_id))
    flash("It is tried again. If it fails again it comes back here, with the reason.")
    return redirect(url_for("admin.list_set_aside"))
