"""The event stream of an open page: what changed, for those who may hear of it."""

from collections.abc import Iterator

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.extensions import limiter
from helpdesk.live.hub import Hears, hub
from helpdesk.live.notices import PEOPLE_CHANGED, Notice
from helpdesk.messaging import native_queries
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Member
from helpdesk.people.permissions import Standing
from helpdesk.views.access import Audience, open_to

blueprint = Blueprint("live", __name__)
limiter.exempt(blueprint)


@blueprint.get("/live")
@open_to(Audience.EVERYONE)
def stream() -> ResponseReturnValue:
    """Server-sent events. EventSource sees no status, so a session that has ended is told in words."""
    as_of = hub.listen()
    person = current_user._get_current_object()
    if isinstance(person, Agent):
        standing = people_queries.standing_of(person)
        return _events(hub.stream(lambda n: may_hear(standing, n), _ends_for(standing), as_of=as_of))
    if isinstance(person, Member):
        identity_id = native_queries.identity_of_member(person.id)
        return _events(hub.stream(lambda n: identity_id in n.identity_ids, lambda _: False, as_of=as_of))
    return _events(iter(["event: signed-out\ndata: \n\n"]))


def may_hear(standing: Standing, notice: Notice) -> bool:
    """Whether this agent may be told of it, by where the ticket lies as the notice is dispatched."""
    if notice.agent_ids:
        return standing.agent_id in notice.agent_ids
    if notice.brand_id is None:
        return False
    if notice.team_id is None:
        return notice.brand_id in standing.own_brand_ids
    return notice.team_id in standing.readable_team_ids


def _ends_for(standing: Standing) -> Hears:
    return lambda n: n.subjects == PEOPLE_CHANGED and (not n.agent_ids or standing.agent_id in n.agent_ids)


def _events(events: Iterator[str]) -> Response:
    # The stream may last for hours: what the request has read is given back first.
    db.session.remove()
    return Response(
        events, mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
