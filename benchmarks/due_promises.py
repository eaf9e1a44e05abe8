"""What the worker does about promises that fall due: 1,000 due among 10,000 open tickets, and among many more.

Ours: from the first claim to the last commit, as the periodic job does it. OPEN is 100,000, or the environment's
(`OPEN=1000000 make bench ONLY=due_promises`).
"""

import os
import time
from datetime import UTC, datetime

from sqlalchemy import text

from benchmarks.filled_desks import FilledDesk, filled
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk.orm import db
from helpdesk.sla import firing
from helpdesk.tickets import reminders
from helpdesk.transaction import transaction
from tests.support.many_tickets import vacuum

NAME = "due_promises"
FEW = 10_000
MANY = int(os.environ.get("OPEN", "100000"))
DUE = 1_000
BATCH = 200
TURNS = 5
GOAL = Goal(sign="<=", number=1.3)

# To write a million rows takes longer than a page may.
_PATIENTLY = text("set local statement_timeout = 0")

# What stopped too late was told long ago.
_NOTHING_DUE = """
update clock set
  due_at = case when stopped_at is null then :at + interval '30 days' + ticket_id * interval '1 second' else due_at end,
  next_warn_at = null,
  breach_fired_at = case when stopped_at > due_at then :at end
"""
_SOME_DUE = """
update clock set due_at = :at - interval '1 minute', breach_fired_at = null
where kind = 'first_response' and stopped_at is null and ticket_id in (
  select ticket_id from clock where kind = 'first_response' and stopped_at is null
  order by (ticket_id * 7919) % 1000003 limit :due)
"""


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        few, many = (filled(servers, f"open_{n}", tickets=n, active=n) for n in (FEW, MANY))
        for desk in (few, many):
            with desk.app.app_context(), db.engine.begin() as connection:
                connection.execute(_PATIENTLY)
                connection.execute(text(_NOTHING_DUE), {"at": datetime.now(UTC)})
        measured = by_turns(TURNS, lambda: _fire(many), lambda: _fire(few))
    rows = [(f"among {n:,} open", *sorted(one[i] for one in measured)) for i, n in ((1, FEW), (0, MANY))]
    print(table((f"{DUE:,} due, ms", *(f"run {n + 1}" for n in range(TURNS))), rows))
    return judged(NAME, "ms", measured, GOAL)


def _fire(desk: FilledDesk) -> float:
    """Milliseconds until all that was due has been acted on."""
    with desk.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(_PATIENTLY)
            connection.execute(text(_SOME_DUE), {"at": datetime.now(UTC), "due": DUE})
        vacuum(db.engine, "clock")
        at, count, started = datetime.now(UTC), 0, time.perf_counter()
        while True:
            with transaction():
                fired = [*firing.claim_warnings(at=at, limit=BATCH), *firing.claim_breaches(at=at, limit=BATCH)]
                reminders.note(fired, at=at)
            count += len(fired)
            if len(fired) < BATCH:
                break
        seconds = time.perf_counter() - started
        db.session.remove()
    if count != DUE:
        raise RuntimeError(f"{count} fired, not {DUE}")
    return seconds * 1000
