"""Kept reports for their owner: looked at again, downloaded, mailed at their hour, shown to others by a link."""

from collections.abc import Mapping

from flask import current_app, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.metrics import saved_report_queries, saved_reports
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.models import SavedReport
from helpdesk.metrics.reports import ReportKind
from helpdesk.metrics.saved_reports import EVERY, LENGTHS, LINK_LENGTHS, Wish
from helpdesk.spreadsheets import FORMS
from helpdesk.tickets.models import PRIORITY_OF_WORD
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.filters import CHANNELS, Filters, networks, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.dashboards.report_words import KINDS, file_of, head_of, in_days, over, rows_of, words_of
from helpdesk.views.rendering import page_or_block

_FORM = (
    *("name", "kind", "by", "days", "brand", "team", "channel", "priority", "tag"),
    *("every", "hour", "recipients", "form"),
)
_USUAL = {"kind": "first-response", "days": "7", "hour": "7", "form": "csv"}
_LARGEST_ID = 2**63 - 1


@blueprint.get("/kept")
@open_to(Audience.LEADS)
def list_kept() -> ResponseReturnValue:
    return _page({**_USUAL, **request.args.to_dict()}, {})


@blueprint.post("/kept")
@open_to(Audience.LEADS)
def keep_report() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").replace("\x00", "").strip() for name in _FORM}
    filters = read_filters(request.args, current_standing())
    try:
        with transaction():
            saved = saved_reports.keep(_wish(typed, filters), owner=current_agent(), at=clock.now())
            name = saved.name
    except InvalidInput as error:
        return _page(typed, {error.field or "name": str(error)}, 422)
    flash(f"{name} is kept.")
    return redirect(url_for("dashboards.list_kept"))


@blueprint.get("/kept/<int:report_id>")
@open_to(Audience.LEADS)
def show_kept(report_id: int) -> ResponseReturnValue:
    saved = _mine(report_id)
    return _shown(saved, {})


@blueprint.get("/kept/<int:report_id>.<form>")
@open_to(Audience.LEADS)
def download_kept(report_id: int, form: str) -> ResponseReturnValue:
    return file_of(_mine(report_id), form)


@blueprint.post("/kept/<int:report_id>/link")
@open_to(Audience.LEADS)
def share_kept(report_id: int) -> ResponseReturnValue:
    given = request.form.get("link_days", "")
    try:
        with transaction():
            saved = _mine(report_id)
            days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
            secret = saved_reports.share(saved, days=days, at=clock.now())
    except InvalidInput as error:
        return _shown(_mine(report_id), {error.field: str(error)}, 422)
    link = current_app.config["SETTINGS"].public_url + url_for("dashboards.show_shared", secret=secret)
    return _shown(_mine(report_id), {}, link=link)


@blueprint.post("/kept/<int:report_id>/no-link")
@open_to(Audience.LEADS)
def unshare_kept(report_id: int) -> ResponseReturnValue:
    with transaction():
        saved_reports.unshare(_mine(report_id))
    flash("The link is good no more.")
    return redirect(url_for("dashboards.show_kept", report_id=report_id))


@blueprint.post("/kept/<int:report_id>/delete")
@open_to(Audience.LEADS)
def delete_kept(report_id: int) -> ResponseReturnValue:
    with transaction():
        saved = _mine(report_id)
        name = saved.name
        saved_reports.forget(saved)
    flash(f"{name} is deleted.")
    return redirect(url_for("dashboards.list_kept"))


def _mine(report_id: int) -> SavedReport:
    if report_id > _LARGEST_ID:
        raise NotFound("no such report")
    return saved_report_queries.find_saved(report_id, agent_id=current_agent().id)


def _page(given: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    filters = read_filters(request.args, current_standing())
    answer = make_response(
        page_or_block(
            "dashboards/kept.html",
            "kept",
            **around(filters, current="kept"),
            given=given,
            errors=errors,
            kept=[words_of(one, filters) for one in saved_report_queries.saved_by(current_agent().id)],
            choices=_choices(filters),
        )
    )
    answer.status_code = status
    return answer


def _shown(saved: SavedReport, errors: Mapping[str, str], status: int = 200, *, link: str = "") -> ResponseReturnValue:
    filters = read_filters(request.args, current_standing())
    try:
        period, found = saved_reports.make(saved, at=clock.now())
    except NotFound:
        # Its team or brand is no longer theirs: they may still delete it.
        period, found = saved_reports.days_of(saved, at=clock.now()), None
    answer = make_response(
        page_or_block(
            "dashboards/kept_report.html",
            "report",
            **around(filters, current="kept"),
            kept=words_of(saved, filters),
            period_words=over(saved, period),
            head=head_of(found) if found else [],
            rows=rows_of(found) if found else [],
            is_seen=found is not None,
            errors=errors,
            link=link,
            link_days=[(str(days), in_days(days)) for days in LINK_LENGTHS],
        )
    )
    answer.status_code = status
    if link:
        # The secret is shown only here.
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _wish(typed: Mapping[str, str], filters: Filters) -> Wish:
    """Raises InvalidInput."""
    return Wish(
        name=" ".join(typed["name"].split()),
        kind=ReportKind(_one_of(typed, "kind", {kind.value for kind in ReportKind})),
        by=Dimension(_one_of(typed, "by", {dimension.value for dimension in Dimension})) if typed["by"] else None,
        brand_id=_id(typed, "brand", {brand.id for brand in filters.brands}),
        team_id=_id(typed, "team", {team.id for team in filters.teams}),
        network=_one_of(typed, "channel", {"", *networks(filters.accounts)}),
        priority=PRIORITY_OF_WORD.get(_one_of(typed, "priority", {"", *PRIORITY_OF_WORD})),
        tag=_one_of(typed, "tag", {"", *filters.tags}),
        days=int(_one_of(typed, "days", {str(days) for days in LENGTHS})),
        zone=current_agent().time_zone,
        every=_one_of(typed, "every", {"", *EVERY}),
        hour=int(_one_of(typed, "hour", {str(hour) for hour in range(24)})),
        recipients=typed["recipients"].replace(",", " ").replace(";", " ").split(),
        form=_one_of(typed, "form", set(FORMS)),
    )


def _one_of(typed: Mapping[str, str], name: str, words: set[str]) -> str:
    if typed[name] not in words:
        raise InvalidInput("Choose one of these.", field=name)
    return typed[name]


def _id(typed: Mapping[str, str], name: str, mine: set[int]) -> int | None:
    if not typed[name]:
        return None
    return int(_one_of(typed, name, {str(one) for one in mine}))


def _choices(filters: Filters) -> dict[str, list[tuple[str, str]]]:
    return {
        "kind": [(kind.value, words) for kind, words in KINDS.items()],
        "by": [("", "Not taken apart"), *((one.value, f"By {one.value}") for one in Dimension)],
        "brand": [("", "All brands"), *((str(brand.id), brand.name) for brand in filters.brands)],
        "team": [("", "All teams"), *((str(team.id), team.name) for team in filters.teams)],
        "channel": [("", "All channels"), *((one, CHANNELS.get(one, one)) for one in networks(filters.accounts))],
        "priority": [("", "All priorities"), *((word, word.capitalize()) for word in PRIORITY_OF_WORD)],
        "tag": [("", "With any tag or none"), *((name, name) for name in filters.tags)],
        "days": [(str(days), f"The last {in_days(days)}" if days > 1 else "Yesterday") for days in LENGTHS],
        "every": [("", "Never"), ("day", "Every day"), ("week", "Every Monday"), ("month", "Every first of the month")],
        "hour": [(str(hour), f"{hour:02}:00") for hour in range(24)],
        "form": [("csv", "CSV"), ("parquet", "Parquet")],
    }
