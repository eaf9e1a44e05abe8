"""The queues: their lists, their counts, and what changed in a list since it was drawn."""

import re
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.tickets import queue_queries
from helpdesk.tickets.queue_queries import Queue
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console import frame, list_changes
from helpdesk.views.console.answers import varying
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.list_changes import ListChanges
from helpdesk.views.console.rows import list_row
from helpdesk.views.rendering import page_or_block, wants_fragment
from helpdesk.views.staff_frame import around


@blueprint.get("")
@open_to(Audience.AGENTS)
def index() -> ResponseReturnValue:
    return redirect(url_for("console.show_queue", queue=Queue.MINE.value))


@blueprint.get("/queues/<queue>")
@open_to(Audience.AGENTS)
def show_queue(queue: str) -> ResponseReturnValue:
    """The page of a queue; its list alone, in order, as a fragment."""
    chosen, at = frame.queue_named(queue), clock.now()
    if wants_fragment():
        context = around("tickets") | frame.front(chosen, at=at)
        drawn = render_template("console/_list_again.html", ticket_id=_open_ticket_id(), **context)
    else:
        colleagues = frame.staff(current_standing().own_brand_ids, ticket_id=None, at=at)
        drawn = render_template("console/queue.html", **frame.context(chosen, colleagues=colleagues, at=at))
    return varying(drawn)


@blueprint.get("/queues/<queue>/more")
@open_to(Audience.AGENTS)
def more_tickets(queue: str) -> ResponseReturnValue:
    """The rows that come behind one."""
    chosen, at = frame.queue_named(queue), clock.now()
    after_id = request.args.get("after", type=int) or 0
    return page_or_block(
        "console/more_tickets.html", "rows", **around("tickets"), **frame.front(chosen, at=at, after_id=after_id)
    )


@blueprint.get("/queues/counts")
@open_to(Audience.AGENTS)
def queue_counts() -> ResponseReturnValue:
    """The side pane of queues, with counts and who is here as they are now."""
    chosen, at = frame.queue_named(request.args.get("queue")), clock.now()
    colleagues = frame.staff(current_standing().own_brand_ids, ticket_id=None, at=at)
    return render_template(
        "console/_queues.html",
        **around("tickets"),
        queue=chosen.value,
        queues=frame.shown_queues(chosen),
        here=frame.here_now(colleagues),
    )


@blueprint.get("/queues/<queue>/changes")
@open_to(Audience.AGENTS)
def queue_changes(queue: str) -> ResponseReturnValue:
    """Rows that changed, in place; what is new or out of order is announced, so that nothing jumps.

    `shown` is what the page shows, in its order: the rows' ids with their digests, as 12.a3f1c0-5.9c11e2.
    """
    chosen, at = frame.queue_named(queue), clock.now()
    shown = list_changes.parse_shown(request.args.get("shown", ""))
    changes = _changes(chosen, shown, at=at)
    if changes.is_nothing:
        return "", 204
    return render_template(
        "console/_queue_changes.html",
        **around("tickets"),
        queue=chosen.value,
        changes=changes,
        open_id=_open_ticket_id(),
    )


def _changes(queue: Queue, shown: dict[int, str], *, at: datetime) -> ListChanges:
    standing, zone = current_standing(), _zone()
    limit = max(frame.PAGE, len(shown))
    front = [
        list_row(row, queue=queue, zone=zone, at=at) for row in queue_queries.list_tickets(queue, standing, limit=limit)
    ]
    elsewhere = set(shown) - {row.id for row in front}
    if not elsewhere:
        return list_changes.compare(shown, front, [], is_whole=len(front) < limit)
    still = queue_queries.still_in_queue(queue, elsewhere, standing)
    others = [
        list_row(row, queue=queue, zone=zone, at=at, is_gone=row.id not in still)
        for row in queue_queries.tickets_by_id(elsewhere, standing)
    ]
    return list_changes.compare(shown, front, others, is_whole=len(front) < limit)


def _zone() -> str:
    return current_agent().time_zone


def _open_ticket_id() -> int | None:
    """The ticket that stands beside the list, from the address of the page that asks."""
    found = re.search(r"/console/tickets/(\d{1,18})(?:[?#]|$)", request.headers.get("HX-Current-URL", ""))
    return int(found[1]) if found else None
