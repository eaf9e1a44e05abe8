"""What was set aside: why, what it said, and buttons to try it again or to discard it with a reason."""

import logging
from collections.abc import Mapping

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput
from helpdesk.messaging import queries, set_aside, set_aside_queries
from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import typed, words_beside
from helpdesk.views.admin.frame import page

logger = logging.getLogger(__name__)

SHOWN_BYTES = 64 * 1024

WORDS = {
    InboundState.UNREADABLE: "Could not be read",
    InboundState.QUARANTINED: "Failed when it was taken in",
    InboundState.DISCARDED: "Discarded",
}
PARKED_WORDS = {
    "read": "Read mark",
    "delivered": "Delivery mark",
    "reaction": "Reaction",
    "reaction_removed": "Reaction taken back",
    "edit": "Edit",
    "deletion": "Deletion",
}


@blueprint.get("/set-aside")
@open_to(Audience.ADMINS)
def list_set_aside() -> ResponseReturnValue:
    return page(
        "set_aside.html",
        "set-aside",
        words=WORDS,
        parked_words=PARKED_WORDS,
        events=set_aside_queries.set_aside_events(),
        parked=set_aside_queries.overdue_parked(),
        discarded=set_aside_queries.discarded_events(),
        accounts={account.id: account for account in queries.channel_accounts()},
    )


@blueprint.get("/set-aside/<int:event_id>")
@open_to(Audience.ADMINS)
def show_set_aside(event_id: int) -> ResponseReturnValue:
    event = set_aside_queries.find_set_aside(event_id)
    # It may hold a customer's words: that somebody looked is recorded.
    logger.info("raw event read", extra={"event_id": event.id, "agent_id": current_agent().id})
    return _event_page(event, {})


@blueprint.post("/set-aside/<int:event_id>/retry")
@open_to(Audience.ADMINS)
def retry_set_aside(event_id: int) -> ResponseReturnValue:
    with transaction():
        set_aside.put_back(set_aside_queries.find_set_aside(event_id))
    flash("It is tried again. If it fails again it comes back here, with the reason.")
    return redirect(url_for("admin.list_set_aside"))


@blueprint.post("/set-aside/<int:event_id>/discard")
@open_to(Audience.ADMINS)
def discard_set_aside(event_id: int) -> ResponseReturnValue:
    event = set_aside_queries.find_set_aside(event_id)
    try:
        with transaction():
            set_aside.discard(event, typed("reason"), by=current_agent(), at=clock.now())
    except InvalidInput as error:
        return _event_page(set_aside_queries.find_set_aside(event_id), words_beside(error, otherwise="reason"), 422)
    flash("It is discarded. It stays listed here, with your reason.")
    return redirect(url_for("admin.list_set_aside"))


@blueprint.get("/set-aside/parked/<int:event_id>")
@open_to(Audience.ADMINS)
def show_overdue_parked(event_id: int) -> ResponseReturnValue:
    return _parked_page(event_id, {})


@blueprint.post("/set-aside/parked/<int:event_id>/discard")
@open_to(Audience.ADMINS)
def discard_overdue_parked(event_id: int) -> ResponseReturnValue:
    event = set_aside_queries.find_overdue_parked(event_id)
    try:
        with transaction():
            set_aside.discard(event, typed("reason"), by=current_agent(), at=clock.now())
    except InvalidInput as error:
        return _parked_page(event_id, words_beside(error, otherwise="reason"), 422)
    flash("It is discarded.")
    return redirect(url_for("admin.list_set_aside"))


def _event_page(event: InboundEvent, errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    return page(
        "set_aside_event.html",
        "set-aside",
        status,
        event=event,
        words=WORDS[InboundState(event.state)],
        headers=sorted(event.headers.items()),
        shown=event.body[:SHOWN_BYTES].decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        is_cut=len(event.body) > SHOWN_BYTES,
        given=typed("reason"),
        errors=errors,
    )


def _parked_page(event_id: int, errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    event = set_aside_queries.find_overdue_parked(event_id)
    return page(
        "set_aside_parked.html",
        "set-aside",
        status,
        event=event,
        words=PARKED_WORDS.get(event.kind, event.kind),
        given=typed("reason"),
        errors=errors,
    )
