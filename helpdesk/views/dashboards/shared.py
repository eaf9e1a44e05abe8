"""Kept reports for whoever has a link to one, until it ends."""

from flask import url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.metrics import saved_reports
from helpdesk.metrics.reports import ReportKind
from helpdesk.people import queries as people_queries
from helpdesk.views.access import Audience, open_to
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.report_words import KINDS, file_of, head_of, narrowed_to, over, rows_of
from helpdesk.views.rendering import page_or_block


@blueprint.get("/shared/<secret>")
@open_to(Audience.EVERYONE)
def show_shared(secret: str) -> ResponseReturnValue:
    """Numbers only: nobody's name but those of agents, teams and channels, and no way into the desk."""
    saved = saved_reports.shared_by(secret, at=clock.now())
    period, found = saved_reports.make(saved, at=clock.now())
    brands, teams = people_queries.brands([saved.brand_id or 0]), people_queries.teams([saved.team_id or 0])
    answer = page_or_block(
        "dashboards/shared.html",
        "report",
        saved=saved,
        told=[
            KINDS[ReportKind(saved.kind)],
            *narrowed_to(saved, brands, teams),
            over(saved, period),
            saved.zone.replace("_", " "),
        ],
        head=head_of(found),
        rows=rows_of(found),
        csv_url=url_for("dashboards.download_shared", secret=secret, form="csv"),
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/shared/<secret>.<form>")
@open_to(Audience.EVERYONE)
def download_shared(secret: str, form: str) -> ResponseReturnValue:
    return file_of(saved_reports.shared_by(secret, at=clock.now()), form)
