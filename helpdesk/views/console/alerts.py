"""One's alerts: the list, and the link to it that every page of the staff has, with how many are new."""

import json

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.tickets import alert_queries, alerts
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console import frame
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.clock_faces import said_at
from helpdesk.views.rendering import iso, page_or_block
from helpdesk.views.staff_frame import ALERTS, alerts_link, around


@blueprint.get("/alerts")
@open_to(Audience.AGENTS)
def show_alerts() -> ResponseReturnValue:
    at, zone = clock.now(), current_agent().time_zone
    found = alert_queries.alerts_of(current_standing())
    return page_or_block(
        "console/alerts.html",
        "alerts",
        **around(ALERTS),
        side_label="Tickets",
        queues=frame.shown_queues(None),
        alerts=[(one, said_at(one.at, zone, at=at), iso(one.at)) for one in found],
        newest_id=found[0].id if found and not all(one.is_seen for one in found) else None,
    )


@blueprint.post("/alerts/seen")
@open_to(Audience.AGENTS)
def see_alerts() -> ResponseReturnValue:
    """All that stood in the list, whose first is `newest`: not what came while it was looked at."""
    newest_id = request.form.get("newest", type=int)
    if newest_id is not None and 0 < newest_id < 2**63:
        with transaction():
            alerts.see_up_to(current_agent(), newest_id, at=clock.now())
    return redirect(url_for("console.show_alerts"), 303)


@blueprint.get("/alerts/link")
@open_to(Audience.AGENTS)
def show_alerts_link() -> ResponseReturnValue:
    """The link as it is now; what came after the alert that the page knew (`after`) is said aloud as well."""
    is_here = "here" in request.args
    link = alerts_link(is_here=is_here)
    response = make_response(render_template("console/_alerts_link.html", link=link, current=ALERTS if is_here else ""))
    newest = link["newest"]
    if newest.newest_id > request.args.get("after", 0, type=int):
        response.headers["HX-Trigger"] = json.dumps({"toast": f"{newest.words}: {newest.customer}"})
    return response
