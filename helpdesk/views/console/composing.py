"""What is written on a ticket: replies, notes, and drafts of them."""

from datetime import datetime
from typing import Any

from flask import current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk import clock
from helpdesk.channels import registry
from helpdesk.errors import InvalidInput
from helpdesk.messaging import media
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import File
from helpdesk.people.permissions import Act
from helpdesk.tickets import canned_replies, drafts, notes, queries, submitting
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.submitting import Overtaken, Then
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console import panes
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.coming_times import instant_of
from helpdesk.views.console.composer import Overtake, Written
from helpdesk.views.console.thread_changes import customer_rows_after
from helpdesk.views.console.tickets import after_a_change, whole_page
from helpdesk.views.rendering import clock_time, wants_fragment
from helpdesk.views.staff_frame import around

LONGEST_KEY = 64


@blueprint.post("/tickets/<int:ticket_id>/replies")
@open_to(Audience.AGENTS)
def create_reply(ticket_id: int) -> ResponseReturnValue:
    """Queue a reply: 422 puts words beside the field, 409 says that the customer wrote meanwhile.

    `later` (a choice or a local time) keeps it until then.
    """
    try:
        with transaction():
            # The database's time: when it may leave is compared with that.
            at = messaging_queries.database_time()
            # Stored before anything is locked: a large file must not keep colleagues and workers waiting.
            files = _stored(queries.find_ticket(ticket_id, current_standing(), Act.REPLY))
            ticket = queries.lock_ticket(ticket_id, current_standing(), Act.REPLY)
            submitting.submit_reply(
                ticket,
                request.form.get("body", ""),
                files=files,
                key=_key(),
                seen_message_id=request.form.get("seen", type=int) or 0,
                then=_then(),
                send_at=_send_at(at),
                by=current_agent(),
                at=at,
            )
            _count_canned(ticket)
    except InvalidInput as error:
        return _refused(ticket_id, str(error), mode="reply")
    except Overtaken as overtaken:
        return _stopped(ticket_id, overtaken)
    return after_a_change(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/notes")
@open_to(Audience.AGENTS)
def create_note(ticket_id: int) -> ResponseReturnValue:
    try:
        with transaction():
            ticket = queries.lock_ticket(ticket_id, current_standing(), Act.NOTE)
            notes.add_note(ticket, request.form.get("body", ""), key=_key(), by=current_agent(), at=clock.now())
    except InvalidInput as error:
        return _refused(ticket_id, str(error), mode="note")
    return after_a_change(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/drafts")
@open_to(Audience.AGENTS)
def keep_draft(ticket_id: int) -> ResponseReturnValue:
    with transaction():
        ticket = queries.find_ticket(ticket_id, current_standing(), Act.NOTE)
        body, mode = request.form.get("body", ""), request.form.get("mode", "reply")
        drafts.keep(ticket, body, mode=mode, by=current_agent(), at=clock.now())
    return "", 204


def _stored(ticket: Ticket) -> list[File]:
    """The uploaded files, in their order; a field left empty comes as one without a name."""
    settings: Settings = current_app.config["SETTINGS"]
    limits = registry.capabilities(ticket.account.network)
    return [
        media.store_upload(upload.stream, name=upload.filename, settings=settings, limits=limits)
        for upload in request.files.getlist("files")
        if upload.filename
    ]


def _key() -> str:
    """The composer's key: the same key twice is one submit."""
    key = request.form.get("key", "")
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput("This page is out of date. Reload it; your draft is kept.", field="body")
    return key


def _then() -> Then:
    try:
        return Then(request.form.get("then", ""))
    except ValueError:
        raise InvalidInput("Choose what is to become of the ticket.", field="body") from None


def _send_at(at: datetime) -> datetime | None:
    """None: now. A time of one's own counts as it stands there, by whatever button the form was sent."""
    chosen = request.form.get("later", "") or request.form.get("later_at", "")
    if not chosen:
        return None
    if chosen == "at":
        chosen = request.form.get("later_at", "")
    return instant_of(chosen, current_agent().time_zone, at=at, field="later")


def _count_canned(ticket: Ticket) -> None:
    reply_id = request.form.get("canned", type=int)
    if reply_id is not None and 0 < reply_id < 2**63:
        canned_replies.count_use(reply_id, brand_id=ticket.brand_id)


# What was not taken


def _refused(ticket_id: int, words: str, *, mode: str) -> ResponseReturnValue:
    """The composer again with what was written, and why it was not taken beside it."""
    written = Written(body=request.form.get("body", ""), mode=mode, error=words, key=request.form.get("key", ""))
    shown = _panes_with(ticket_id, written)
    if wants_fragment():
        return render_template("console/_composer.html", **shown), 422
    return make_response(whole_page(shown, at=clock.now()), 422)


def _stopped(ticket_id: int, overtaken: Overtaken) -> ResponseReturnValue:
    """What came in between, and the question whether the reply still fits; the next submit goes."""
    zone, message = current_agent().time_zone, messaging_queries.message_said(overtaken.message_id)
    written = Written(
        body=request.form.get("body", ""),
        mode="reply",
        key=request.form.get("key", ""),
        overtake=Overtake(time=clock_time(message.platform_time, zone)),
    )
    shown = _panes_with(ticket_id, written)
    seen = request.form.get("seen", type=int) or 0
    if wants_fragment():
        came = customer_rows_after(shown["thread_rows"], seen)
        return render_template("console/_overtaken.html", came=came, **shown), 409
    return make_response(whole_page(shown, at=clock.now()), 409)


def _panes_with(ticket_id: int, written: Written) -> dict[str, Any]:
    ticket = queries.find_ticket(ticket_id, current_standing())
    return around("tickets") | panes.whole(ticket, at=clock.now(), written=written)
