"""Reports for programs: the numbers of the pages, of what the agent whose token it is may count."""

from enum import StrEnum
from typing import TypeVar

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.other_hours import named_hours
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.reports import ReportKind, report
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Team
from helpdesk.views.access import Audience, calling_agent, open_to
from helpdesk.views.api.blueprint import blueprint

Word = TypeVar("Word", bound=StrEnum)


@blueprint.get("/reports/<kind>")
@open_to(Audience.PROGRAMS)
def show_report(kind: str) -> ResponseReturnValue:
    """`rows` are arrays in the order of `columns`; what ends in _seconds is in seconds."""
    if kind not in tuple(ReportKind):
        raise NotFound("no such report")
    asked, at = request.args, clock.now()
    scope, teams = _scope()
    period = period_of(
        asked.get("from", ""), asked.get("to", ""), zone=asked.get("zone") or calling_agent().time_zone, at=at
    )
    calendar = asked.get("business_hours")
    found = report(
        ReportKind(kind),
        scope=scope,
        period=period,
        at=at,
        by=_word(Dimension, "by"),
        hours=named_hours({team.brand_id for team in teams}, calendar) if calendar else None,
    )
    return jsonify(
        {
            "report": kind,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "zone": period.zone,
            "columns": found.columns,
            "rows": found.rows,
        }
    )


def _scope() -> tuple[Scope, list[Team]]:
    """What the agent may count, of the brand that was asked for, and its teams. Raises NotFound."""
    scope = scope_of(people_queries.standing_of(calling_agent()))
    teams = list(people_queries.teams(scope.team_ids))
    handle = request.args.get("brand")
    if handle:
        brand = people_queries.brand_by_handle(handle)
        teams = [team for team in teams if team.brand_id == brand.id]
        if not teams:
            raise NotFound("no such brand")
        scope = scope.narrowed(team_ids=[team.id for team in teams])
    return scope, teams


def _word(kind: type[Word], name: str) -> Word | None:
    given = request.args.get(name)
    if given and given not in tuple(kind):
        raise InvalidInput(f"{name} is one of {', '.join(kind)}.", field=name)
    return kind(given) if given else None
