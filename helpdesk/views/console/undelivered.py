"""What did not arrive, or of which nobody knows: by cause, with what it means and what may be done."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import Conflict, NotFound, Refused
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.people.permissions import teams_to_reply_for
from helpdesk.tickets import queue_queries, undelivered_queries
from helpdesk.tickets.undelivered_queries import Cause, Undelivered
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console import frame
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.clock_faces import said_at
from helpdesk.views.console.deliveries import carry_out
from helpdesk.views.console.delivery_words import NETWORK_NAMES, look_url, reason_words
from helpdesk.views.rendering import iso, page_or_block, wants_fragment
from helpdesk.views.staff_frame import around

AT_ONCE = 200
"""Replies sent again by one press; press again for the rest."""


@dataclass(frozen=True, kw_only=True)
class ShownReply:
    message_id: int
    ticket_id: int
    customer: str
    author: str
    words: str
    time: str
    iso: str
    url: str
    look_url: str
    may_decide: bool


@dataclass(frozen=True, kw_only=True)
class ShownCause:
    """Replies that wait for the same reason."""

    cause: Cause
    id: str
    is_known: bool
    """They did not arrive; else nobody knows."""
    network: str
    account: str
    title: str
    words: str
    replies: tuple[ShownReply, ...]

    @property
    def may_retry_all(self) -> bool:
        return self.is_known and sum(reply.may_decide for reply in self.replies) > 1


@blueprint.get("/undelivered")
@open_to(Audience.AGENTS)
def show_undelivered() -> ResponseReturnValue:
    """The page; the part that changes as a fragment."""
    return page_or_block("console/undelivered.html", "undelivered", **_shown(at=clock.now()))


@blueprint.post("/undelivered")
@open_to(Audience.AGENTS)
def decide_undelivered() -> ResponseReturnValue:
    """`decision` about the reply `message` of the ticket `ticket`."""
    ticket_id, message_id = (_id(name) for name in ("ticket", "message"))
    carry_out(request.form.get("decision", ""), ticket_id, message_id)
    return _again("")


@blueprint.post("/undelivered/retries")
@open_to(Audience.AGENTS)
def retry_undelivered() -> ResponseReturnValue:
    """Send again all that failed for one cause and that this person may answer; one by one, each whole."""
    cause = Cause(
        account_id=_id("account"),
        state=DeliveryState.FAILED,
        failure=_words("failure"),
        reason=_words("reason"),
    )
    retried = 0
    for ticket_id, message_id in undelivered_queries.failed_for(cause, current_standing(), limit=AT_ONCE):
        try:
            carry_out("retry", ticket_id, message_id)
            retried += 1
        except (Conflict, NotFound, Refused):
            # A colleague was first, or it is another team's: the others still go.
            continue
    return _again("1 reply is sent again" if retried == 1 else f"{retried} replies are sent again")


def _id(name: str) -> int:
    number = request.form.get(name, "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound("no such reply")
    return int(number)


def _words(name: str) -> str:
    """A form sends line ends as two characters; NUL stands in no row."""
    return request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "")


def _again(toast: str) -> ResponseReturnValue:
    if not wants_fragment():
        return redirect(url_for("console.show_undelivered"), 303)
    response = make_response(render_template("console/_undelivered.html", **_shown(at=clock.now())))
    if toast:
        response.headers["HX-Trigger"] = f'{{"toast": "{toast}"}}'
    return response


def _shown(*, at: datetime) -> dict[str, Any]:
    replies = undelivered_queries.undelivered(current_standing())
    causes = [_cause(cause, list(group), at=at) for cause, group in groupby(replies, key=_cause_of)]
    return around("tickets") | {
        "side_label": "Tickets",
        "queues": frame.shown_queues(queue_queries.UNDELIVERED),
        "causes": causes,
        "is_fragment": wants_fragment(),
    }


def _cause_of(reply: Undelivered) -> Cause:
    return Cause(account_id=reply.account_id, state=reply.state, failure=reply.failure, reason=reply.reason)


def _cause(cause: Cause, replies: list[Undelivered], *, at: datetime) -> ShownCause:
    first = replies[0]
    network, is_known = NETWORK_NAMES.get(first.network, first.network), cause.state == DeliveryState.FAILED
    unknown = f"It was sent, and no answer came from {network}. Look there first: sent again, it may arrive twice."
    return ShownCause(
        cause=cause,
        id=f"cause-{first.message_id}",
        is_known=is_known,
        network=first.network,
        account=f"@{first.account_handle} on {network}" if first.account_handle else network,
        title="Not delivered" if is_known else "Arrived? Not known",
        words=reason_words(cause.failure, cause.reason) if is_known else unknown,
        replies=tuple(_reply(reply, at=at) for reply in replies),
    )


def _reply(reply: Undelivered, *, at: datetime) -> ShownReply:
    return ShownReply(
        message_id=reply.message_id,
        ticket_id=reply.ticket_id,
        customer=reply.customer_name or "Somebody",
        author=(reply.author_name or "").partition(" ")[0],
        words=" ".join((reply.words or "A file").split()),
        time=said_at(reply.written_at, current_agent().time_zone, at=at),
        iso=iso(reply.written_at),
        url=url_for("console.show_ticket", ticket_id=reply.ticket_id),
        look_url=look_url(reply.network, reply.conversation_key),
        may_decide=reply.team_id in teams_to_reply_for(current_standing()),
    )
