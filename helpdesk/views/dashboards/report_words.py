"""Kept reports in words, as tables and as files: for their owner, and for whoever has a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import NotFound
from helpdesk.metrics import saved_reports
from helpdesk.metrics.models import SavedReport
from helpdesk.metrics.periods import Period
from helpdesk.metrics.reports import Cell, Report, ReportKind
from helpdesk.people.models import Brand, Team
from helpdesk.spreadsheets import FORMS
from helpdesk.views.dashboards.downloads import attached
from helpdesk.views.dashboards.filters import CHANNELS, Filters
from helpdesk.views.rendering import duration

KINDS: Mapping[ReportKind, str] = {
    ReportKind.FIRST_RESPONSE: "First response",
    ReportKind.REPLY_TIME: "Reply",
    ReportKind.RESOLUTION: "Resolution",
    ReportKind.ATTAINMENT: "Promises kept",
    ReportKind.VOLUME: "Volume",
    ReportKind.RESOLVED: "What resolved tickets took",
    ReportKind.BACKLOG: "Backlog",
    ReportKind.HANDLE_TIME: "Handle time",
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kept report in words."""

    row: SavedReport
    counts: str
    mailed: str
    is_shared: bool


def words_of(saved: SavedReport, filters: Filters) -> Kept:
    counts = [
        KINDS[ReportKind(saved.kind)],
        f"by {saved.by}" if saved.by else "",
        *narrowed_to(saved, filters.brands, filters.teams),
        length_of(saved),
    ]
    mailed = ""
    if saved.every:
        when = {"day": "Every day", "week": "Every Monday", "month": "Every first of the month"}[saved.every]
        mailed = f"{when} at {saved.hour:02}:00 to {', '.join(saved.recipients)}"
    return Kept(
        row=saved,
        counts=", ".join(word for word in counts if word),
        mailed=mailed,
        is_shared=saved.link_expires_at is not None and saved.link_expires_at > clock.now(),
    )


def narrowed_to(saved: SavedReport, brands: Sequence[Brand], teams: Sequence[Team]) -> list[str]:
    """What it counts only; the brand and the team are looked for in these."""
    words = [
        *(brand.name for brand in brands if brand.id == saved.brand_id),
        *(team.name for team in teams if team.id == saved.team_id),
        CHANNELS.get(saved.network, saved.network),
        f"{saved.priority} priority" if saved.priority else "",
        f"tagged {saved.tag}" if saved.tag else "",
    ]
    return [word for word in words if word]


def length_of(saved: SavedReport) -> str:
    if saved_reports.is_of_now(saved):
        return ""
    return f"the last {in_days(saved.days)}" if saved.days > 1 else "yesterday"


def over(saved: SavedReport, period: Period) -> str:
    return "Now" if saved_reports.is_of_now(saved) else period.words


def in_days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def head_of(found: Report) -> list[str]:
    return [column.removesuffix("_seconds").replace("_", " ").capitalize() for column in found.columns]


def rows_of(found: Report) -> list[list[str]]:
    return [
        [
            (row[0] and str(row[0])) or "–",
            *(_cell(name, cell) for name, cell in zip(found.columns[1:], row[1:], strict=True)),
        ]
        for row in found.rows
    ]


def _cell(name: str, cell: Cell) -> str:
    if cell is None:
        return "–"
    if name.endswith("_seconds"):
        return duration(float(cell))
    if name == "attainment":
        return f"{100 * float(cell):.1f} %"
    return f"{cell:,.2f}" if isinstance(cell, float) else f"{cell:,}"


def file_of(saved: SavedReport, form: str) -> ResponseReturnValue:
    if form not in FORMS:
        raise NotFound("no such form")
    file = saved_reports.file_of(saved, form, at=clock.now())
    return attached(file.name, file.content, form)
