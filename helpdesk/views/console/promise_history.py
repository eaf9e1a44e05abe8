"""How a ticket was timed: every promise it ever had, in sentences."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.people.staff_queries import names_of
from helpdesk.sla import queries as sla_queries
from helpdesk.tickets import queries
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console import frame
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.promise_words import Names, told
from helpdesk.views.console.ticket_head import customer_name
from helpdesk.views.staff_frame import around


@blueprint.get("/tickets/<int:ticket_id>/promises")
@open_to(Audience.AGENTS)
def show_promises(ticket_id: int) -> ResponseReturnValue:
    ticket, at, zone = queries.find_ticket(ticket_id, current_standing()), clock.now(), current_agent().time_zone
    clocks = sla_queries.clocks_of_ticket(ticket.id)
    pauses = sla_queries.pauses_of([one.id for one in clocks]) if clocks else {}
    names = Names(
        agents=names_of({one.stopped_by_agent_id for one in clocks if one.stopped_by_agent_id}),
        calendars=sla_queries.calendar_names({one.calendar_version_id for one in clocks if one.calendar_version_id}),
    )
    return render_template(
        "console/promise_history.html",
        **around("tickets"),
        queues=frame.shown_queues(frame.queue_named(request.args.get("queue")).value),
        side_label="Tickets",
        ticket_id=ticket.id,
        customer=customer_name(ticket),
        zone_words=zone.replace("_", " "),
        promises=[told(one, pauses[one.id], names, zone=zone, at=at) for one in clocks],
    )
