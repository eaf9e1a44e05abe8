"""`helpdesk import`: what another system knows of the past."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import click

from config import Settings
from helpdesk import clock
from helpdesk.commands.application import application
from helpdesk.errors import InvalidInput
from helpdesk.importing import queries
from helpdesk.importing.models import HistoryImport
from helpdesk.importing.refused import write_refused
from helpdesk.importing.running import Progress, Wish, import_history
from helpdesk.people import queries as people_queries
from helpdesk.sla.calendar import zone_named
from helpdesk.transaction import transaction

REFUSALS_SHOWN = 10


class ProgressBar(Protocol):
    """What click makes, whose class it does not name."""

    pos: int

    def update(self, n_steps: int) -> None: ...


@click.group(name="import")
def import_from_elsewhere() -> None:
    """Bring in what another system knows."""


@import_from_elsewhere.command("history")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--brand", "handle", help="Whose the lines are that name no brand.")
@click.option("--zone", default="", help="Meant where a time has no offset, as Europe/Berlin.")
@click.option("--keep-entities", is_flag=True, help="Leave &amp; as it stands; without it, it becomes &.")
@click.option(
    "--refused", "refused_path", type=click.Path(path_type=Path), help="Write the refused lines here, as CSV."
)
def import_history_file(
    file: Path, handle: str | None, zone: str, keep_entities: bool, refused_path: Path | None
) -> None:
    """Import past conversations, so that reports, what-if and search have a past.

    FILE is JSON Lines or CSV, a message a line; docs/history-format.md describes it. A line that cannot be used is
    refused with its reason and the rest goes in. Broken off, it goes on where it stopped; run twice, it changes
    nothing.

    \b
    helpdesk import history tickets-2025.jsonl --brand larkpost --zone Europe/Berlin
    """
    with application() as app:
        settings: Settings = app.config["SETTINGS"]
        wish = Wish(
            brand_ids=[brand.id for brand in people_queries.all_brands()],
            brand_id=people_queries.brand_by_handle(handle).id if handle else None,
            zone=zone_named(zone) if zone else None,
            keeps_entities=keep_entities,
        )
        with _bars() as progress:
            run = import_history(file, wish, by=None, at=clock.now(), secret_key=settings.secret_key, progress=progress)
        if refused_path is not None:
            _write_refusals(run, refused_path)
        _tell(run, refused_path)


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar for reading and one for writing, with the time that is left; only words where nobody watches."""
    bars: dict[str, ProgressBar] = {}
    with ExitStack() as shown:

        def progress(phase: str, done: int, total: int) -> None:
            if phase not in bars:
                shown.close()
                bars[phase] = shown.enter_context(_bar(phase, total))
            bars[phase].update(done - bars[phase].pos)

        yield progress


def _bar(label: str, total: int) -> AbstractContextManager[ProgressBar]:
    return click.progressbar(length=max(total, 1), label=f"{label:8}", file=sys.stderr)


def _tell(run: HistoryImport, refused_path: Path | None) -> None:
    span = f", from {run.first_at:%Y-%m-%d} to {run.last_at:%Y-%m-%d}" if run.first_at and run.last_at else ""
    click.echo(
        f"{run.lines:,} lines{span}: {run.messages:,} messages in {run.conversations:,} conversations and "
        f"{run.tickets:,} tickets are new, {run.known:,} messages were known, {run.refused:,} lines refused"
    )
    with transaction():
        shown = queries.refusals(run.id, limit=REFUSALS_SHOWN)
        for one in shown:
            click.echo(f"  line {one.line}: {one.reason}", err=True)
    if run.refused > len(shown):
        where = f"all are in {refused_path}" if refused_path else "--refused FILE writes them all"
        click.echo(f"  and {run.refused - len(shown):,} more; {where}", err=True)


def _write_refusals(run: HistoryImport, path: Path) -> None:
    try:
        with path.open("w", newline="") as file, transaction():
            write_refused(file, run.id)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
