"""How many clocks a second are started and stopped, by the batch, as ingestion and import do it.

A turn starts a next response on 2,000 tickets of a desk with two years behind it and stops it again by a reply an hour
later, in open hours of a rule: rows written, due times and business time counted, commits included. The limit is the
figure that is asked for: 5,000 a second.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text

from benchmarks.filled_desks import filled
from benchmarks.measuring import Result, machine
from benchmarks.private_servers import PrivateServers
from helpdesk.orm import db
from helpdesk.sla import clocks
from helpdesk.sla.clocks import ClockStart, ClockStop
from helpdesk.sla.defaults import publish_defaults
from helpdesk.sla.models import ClockKind
from helpdesk.sla.policies import TicketFacts
from helpdesk.transaction import transaction

NAME = "clock_transitions"
AT_LEAST = 5_000
TICKETS = 20_000
A_TURN = 2_000
BATCH = 400
TURNS = 5


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        desk = filled(servers, "desk", tickets=TICKETS)
        with desk.app.app_context():
            with transaction():
                for brand_id in (1, 2, 3):
                    publish_defaults(brand_id, at=datetime.now(UTC) - timedelta(days=800))
            rates = [_turn(turn) for turn in range(TURNS + 1)][1:]
            db.session.remove()
    value = median(rates)
    return Result(
        name=NAME,
        value=value,
        unit="transitions/s",
        limit=AT_LEAST,
        ratio=value / AT_LEAST,
        goal=f">= {AT_LEAST:,} transitions/s",
        met=value >= AT_LEAST,
        n=TURNS,
        spread=(min(rates) / AT_LEAST, max(rates) / AT_LEAST),
    )


def _turn(turn: int) -> float:
    """Transitions a second."""
    at = datetime.now(UTC) - timedelta(days=1)
    found = text(
        "select id, brand_id, account_id, team_id, 4 * id as message_id from ticket"
        " where status in ('closed', 'resolved') order by id limit :n offset :begin"
    )
    tickets = db.session.execute(found, {"n": A_TURN, "begin": turn * A_TURN}).all()
    db.session.remove()
    starts = [
        ClockStart(
            ticket_id=one.id,
            kind=ClockKind.NEXT_RESPONSE,
            started_at=at,
            facts=TicketFacts(
                brand_id=one.brand_id,
                priority="normal",
                network="x",
                account_id=one.account_id,
                team_id=one.team_id,
            ),
        )
        for one in tickets
    ]
    stops = [
        ClockStop(ticket_id=one.id, at=at + timedelta(hours=1), by_message_id=one.message_id, by_agent_id=1)
        for one in tickets
    ]
    started = time.perf_counter()
    begun, ended = _start(starts, at=at), _stop(stops)
    seconds = time.perf_counter() - started
    if (begun, ended) != (A_TURN, A_TURN):
        raise RuntimeError(f"{begun} were started and {ended} stopped, of {A_TURN}")
    return 2 * A_TURN / seconds


def _start(starts: Sequence[ClockStart], *, at: datetime) -> int:
    begun = 0
    for first in range(0, len(starts), BATCH):
        with transaction():
            begun += len(clocks.start(starts[first : first + BATCH], at=at))
    return begun


def _stop(stops: Sequence[ClockStop]) -> int:
    ended = 0
    for first in range(0, len(stops), BATCH):
        with transaction():
            ended += len(clocks.stop_many(stops[first : first + BATCH]))
    return ended
