"""`helpdesk replay`: stored raw events, taken in again."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

import click

from helpdesk.commands.application import application
from helpdesk.errors import NotFound
from helpdesk.messaging import queries
from helpdesk.messaging.models import InboundState
from helpdesk.messaging.raw_event_queries import count_received
from helpdesk.messaging.replaying import REPLAYABLE, USUAL, Range, put_back_some
from helpdesk.transaction import transaction

BATCH = 500
_LOOK_AGAIN_SECONDS = 0.5


class Instant(click.ParamType[datetime]):
    """An instant with its zone, as 2026-11-24T09:00:00Z."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            self._refuse(value, param, ctx)
        if instant.tzinfo is None:
            self._refuse(value, param, ctx)
        return instant

    def _refuse(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f"{str(value)[:40]!r} is not an instant with its zone, such as 2026-11-24T09:00:00Z", param, ctx)


@click.command()
@click.option("--account", "account_id", type=click.IntRange(min=1, max=2**63 - 1), required=True, help="Its id.")
@click.option("--from", "since", type=Instant(), required=True, help="Received from then on.")
@click.option("--to", "until", type=Instant(), required=True, help="Received before then.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in REPLAYABLE]),
    help="Only these; may be given several times. Without it all but those that somebody discarded.",
)
def replay(account_id: int, since: datetime, until: datetime, states: Sequence[str]) -> None:
    """Take in again what a network told us in a time, from the events as they came.

    Messages that are there already stay as they are, so it may be run twice, and while traffic goes on: it puts back
    a few hundred events at a time, and the next when the workers have taken those in.

    \b
    helpdesk replay --account 7 --from 2026-11-24T09:00:00Z --to 2026-11-24T10:00:00Z --state quarantined
    """
    with application():
        wanted = Range(
            account_id=account_id,
            since=since,
            until=until,
            states=tuple(InboundState(state) for state in states) or USUAL,
        )
        if account_id not in {account.id for account in queries.channel_accounts()}:
            raise NotFound(f"no channel account {account_id}; `helpdesk channel list` names them")
        found = count_received(account_id, since=since, until=until)
        total = sum(found.get(state, 0) for state in wanted.states)
        done = _put_back_all(wanted, total=total, progress=lambda words: click.echo(words, err=True))
        waiting, left = found.get(InboundState.RECEIVED, 0), sum(found.values()) - total
        click.echo(
            f"put back {done} of {sum(found.values())} events; {waiting} waited already, {left - waiting} left alone"
        )


def _put_back_all(wanted: Range, *, total: int, progress: Callable[[str], object]) -> int:
    done, last_id = 0, 0
    while True:
        with transaction():
            n, last_id = put_back_some(wanted, after_id=last_id, limit=BATCH)
        if not n:
            return done
        done += n
        progress(f"replay: {done} of {total} put back")
        _wait_for_workers(wanted.account_id, progress)


def _wait_for_workers(account_id: int, progress: Callable[[str], object]) -> None:
    """Until less than a batch waits: what customers write now stands in line behind what is replayed."""
    looked = 0
    while True:
        with transaction():
            waiting, _ = queries.backlog(account_id)
        if waiting < BATCH:
            return
        if looked % 20 == 0:
            progress(f"replay: {waiting} events wait for a worker")
        looked += 1
        time.sleep(_LOOK_AGAIN_SECONDS)
