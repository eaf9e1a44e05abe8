"""`helpdesk report`: the numbers of the dashboards, for a terminal, a spreadsheet or a program."""

import csv
import io
import json

import click
from tabulate import tabulate

from helpdesk import clock
from helpdesk.commands.application import application
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.other_hours import named_hours
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.reports import Cell, Report, ReportKind, report
from helpdesk.metrics.scope import Scope
from helpdesk.people import queries as people_queries
from helpdesk.spreadsheets import harmless


@click.command(name="report")
@click.argument("kind", type=click.Choice([kind.value for kind in ReportKind]))
@click.option("--from", "first", default="", metavar="DATE", help="First day, as 2026-11-01; 28 days without it.")
@click.option("--to", "last", default="", metavar="DATE", help="Last day, included; today without it.")
@click.option("--by", type=click.Choice([dimension.value for dimension in Dimension]), help="Take the numbers apart.")
@click.option("--brand", "handle", help="Only this brand's, by its handle.")
@click.option("--zone", default="", help="In which days and hours are meant; the brand's without it, else UTC.")
@click.option("--business-hours", "calendar", help="Count business time in these opening hours, not in those promised.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def report_numbers(
    kind: str, first: str, last: str, by: str | None, handle: str | None, zone: str, calendar: str | None, form: str
) -> None:
    """Print response times, promises kept, or how much came in: the same numbers as the dashboards.

    Times are in seconds, and exact; docs/metrics.md says what each counts.

    \b
    helpdesk report first-response --from 2026-11-01 --to 2026-11-30 --by agent
    helpdesk report attainment --brand larkpost --by hour --format csv
    """
    with application():
        brand = people_queries.brand_by_handle(handle) if handle else None
        brands = [brand.id] if brand else [known.id for known in people_queries.all_brands()]
        teams = frozenset(team.id for team in people_queries.teams_of_brands(brands))
        at = clock.now()
        found = report(
            ReportKind(kind),
            scope=Scope(team_ids=teams),
            period=period_of(first, last, zone=zone or (brand.time_zone if brand else "UTC"), at=at),
            at=at,
            by=Dimension(by) if by else None,
            hours=named_hours(brands, calendar) if calendar else None,
        )
    click.echo(_written(found, form), nl=form != "csv")


def _written(found: Report, form: str) -> str:
    match form:
        case "json":
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
            return json.dumps(rows, ensure_ascii=False, indent=1)
        case "csv":
            lines = io.StringIO()
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(found.columns)
            writer.writerows((harmless(str(row[0])), *row[1:]) for row in found.rows)
            return lines.getvalue()
        case _:
            shown = [[row[0] or "–", *map(_shown, row[1:])] for row in found.rows]
            heads = [column.replace("_", " ").replace(" seconds", ", s") for column in found.columns]
            return tabulate(shown, heads, disable_numparse=True, colalign=("left", *["right"] * (len(heads) - 1)))


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.1f}" if cell > 1 else f"{cell:.3f}"
    return "–" if cell is None else str(cell)
