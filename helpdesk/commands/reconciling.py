"""`helpdesk reconcile`: stored numbers against those that the messages tell."""

import sys

import click

from helpdesk import clock
from helpdesk.commands.application import application
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.reconciliation_queries import all_differences
from helpdesk.metrics.reconciling import reconcile

SHOWN = 20


@click.command(name="reconcile")
@click.option("--from", "first", default="", metavar="DATE", help="First day, as 2026-11-01; 28 days without it.")
@click.option("--to", "last", default="", metavar="DATE", help="Last day, included; today without it.")
@click.option("--zone", default="UTC", show_default=True, help="In which days are meant.")
def reconcile_numbers(first: str, last: str, zone: str) -> None:
    """Count response times again from messages, and compare with what is stored.

    Every night this is done for the day before, and shown under Response times. Ends with 1 where anything differs.
    """
    with application():
        at = clock.now()
        period = period_of(first, last, zone=zone, at=at)
        run = reconcile(period, at=at)
        differences = all_differences(run.id, limit=SHOWN + 1)
        verdict = "no difference" if not differences else "these differ:"
        click.echo(
            f"{period.words}: {run.checked:,} tickets counted again, {run.skipped:,} cannot be "
            f"(imported, or read from a network's record); {verdict}"
        )
        for difference in differences[:SHOWN]:
            click.echo(f"  ticket {difference.ticket_id}: {difference.words}", err=True)
        if len(differences) > SHOWN:
            click.echo("  and more; see Response times", err=True)
    sys.exit(1 if differences else 0)
