"""One ticket: its page, what changed on it since, and what was said earlier."""

from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import NotFound
from helpdesk.tickets import queries
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.console import frame, panes
from helpdesk.views.console.answers import varying
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.composer import PutBack
from helpdesk.views.console.thread_changes import Version
from helpdesk.views.rendering import wants_fragment
from helpdesk.views.staff_frame import around


@blueprint.get("/tickets/<int:ticket_id>")
@open_to(Audience.AGENTS)
def show_ticket(ticket_id: int) -> ResponseReturnValue:
    """The page with list, conversation and customer; the two latter alone as a fragment."""
    at = clock.now()
    ticket = queries.find_ticket(ticket_id, current_standing())
    shown = panes.whole(ticket, at=at, before=panes.place_from(request.args.get("before", "")))
    if wants_fragment():
        return varying(render_template("console/_ticket_panes.html", **around("tickets"), **shown))
    return varying(whole_page(shown, at=at))


def whole_page(shown: dict[str, Any], *, at: datetime) -> str:
    """The page around the panes of a ticket."""
    queue = frame.queue_named(request.args.get("queue"))
    around = frame.context(queue, colleagues=shown["colleagues"], at=at)
    return render_template("console/ticket.html", **(shown | around))


@blueprint.get("/tickets/<int:ticket_id>/changes")
@open_to(Audience.AGENTS)
def ticket_changes(ticket_id: int) -> ResponseReturnValue:
    """What changed since the page's version, to be put in place; 204 when nothing did."""
    try:
        return changes(ticket_id)
    except NotFound:
        return render_template("console/_gone.html"), 404


@blueprint.get("/tickets/<int:ticket_id>/messages")
@open_to(Audience.AGENTS)
def earlier_messages(ticket_id: int) -> ResponseReturnValue:
    """What was said before a place in the conversation, to stand above it."""
    ticket = queries.find_ticket(ticket_id, current_standing())
    before = panes.place_from(request.args.get("before", ""))
    if before is None:
        raise NotFound("no such place")
    return render_template(
        "console/_earlier.html", **around("tickets"), **panes.earlier(ticket, at=clock.now(), before=before)
    )


def changes(ticket_id: int, put_back: PutBack | None = None) -> ResponseReturnValue:
    """The fragments of what changed since the version in the request's address."""
    seen = Version.parse(request.args.get("since", ""))
    changed = panes.changes(queries.find_ticket(ticket_id, current_standing()), at=clock.now(), seen=seen)
    if changed is None:
        return "", 204
    return render_template("console/_changes.html", **around("tickets"), **changed, put_back=put_back)


def after_a_change(ticket_id: int, put_back: PutBack | None = None) -> ResponseReturnValue:
    """What every change of a ticket answers: the changed parts to a script, its page to a plain form."""
    if wants_fragment():
        return changes(ticket_id, put_back)
    return redirect(url_for("console.show_ticket", ticket_id=ticket_id, queue=request.args.get("queue") or None), 303)
