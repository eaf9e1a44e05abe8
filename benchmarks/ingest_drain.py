"""How fast workers turn raw events into messages, tickets and running clocks, beside writing the same rows.

Ours: one worker process and then two, as they run in production, over X's webhook bodies that were stored before: 70 %
are a stranger's first message, 30 % the next of somebody who wrote before. The bell is rung once for each process, as
it is while calls keep coming, and the clock runs until nothing waits; the worse of the two is judged.

The limit: psycopg copies the rows that came of it (message, part, conversation, identity, contact, participant,
ticket, ticket_message, clock, timeline_event) into another database with the same schema, table after table, in as
many commits. It reads, parses, decides and tells nobody anything.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from statistics import median

from benchmarks import desk, x_calls
from benchmarks.copied_rows import CopiedRows, connected
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk import bells
from helpdesk.extensions import redis_connection
from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.orm import db
from worker.ingest import BATCH

NAME = "ingest_drain"
GOAL = Goal(sign=">=", number=0.2)
TURNS = 5
MESSAGES = 10 * BATCH


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        planted = desk.plant(servers.app)
        copy_url = servers.copy_database("rows_only")
        with servers.app.app_context(), connected(copy_url) as copy, connected(servers.settings.database_url) as read:
            redis_connection.bind(servers.redis_url)
            sitting = _Sitting(servers, planted.account_id, CopiedRows(read, copy))
            measured = {processes: sitting.measure(processes) for processes in (1, 2)}
            db.session.remove()
            db.engine.dispose()
        rows = sitting.rows_a_message
    results = [judged(NAME, "messages/s", turns, GOAL) for turns in measured.values()]
    print(table(_HEADS, [line for n, turns in measured.items() for line in _lines(n, turns)]))
    print(f"{MESSAGES:,} messages a turn, {x_calls.NEW_OF_TEN} of 10 a stranger's first; {rows:.1f} rows a message")
    return min(results, key=lambda result: result.ratio or 0.0)


_HEADS = ("messages/s", "median", "least", "most")


class _Sitting:
    """Turn after turn into the same two databases, which grow alike."""

    def __init__(self, servers: PrivateServers, account_id: int, rows: CopiedRows) -> None:
        self._servers = servers
        self._account_id, self._rows = account_id, rows
        self._firsts = count(0, 10_000_000)
        self._processes = 0
        self.rows_a_message = 0.0

    def measure(self, processes: int) -> list[tuple[float, float]]:
        """(ours, the limit) of each turn with so many worker processes."""
        self._servers.start_worker(processes=processes - self._processes)
        self._processes = processes
        return by_turns(TURNS, self.drain, self.copy_the_same)

    def drain(self) -> float:
        """Messages a second."""
        self._rows.mark()
        self._fill()
        started = time.perf_counter()
        for _ in range(self._processes):
            # Hung anew only when a worker has taken it down, and looks.
            while not bells.ring(bells.INGEST, self._account_id):
                time.sleep(0.001)
        while self._is_waiting():
            time.sleep(0.01)
        return MESSAGES / (time.perf_counter() - started)

    def copy_the_same(self) -> float:
        """Messages a second, for the rows that the drain before has made."""
        made = self._rows.made()
        if len(made["message"][1]) != MESSAGES:
            raise RuntimeError(f"{len(made['message'][1])} messages came of {MESSAGES} events")
        self.rows_a_message = sum(len(rows) for _, rows in made.values()) / MESSAGES
        started = time.perf_counter()
        self._rows.write(made)
        return MESSAGES / (time.perf_counter() - started)

    def _fill(self) -> None:
        """Stored as a webhook stores them, but nobody is told yet."""
        at = datetime.now(UTC)
        bodies = x_calls.bodies(MESSAGES, at=at, first=next(self._firsts))
        store_events([RawCall(account_id=self._account_id, body=body, headers={}, received_at=at) for body in bodies])

    def _is_waiting(self) -> bool:
        query = "select exists (select from inbound_event where account_id = %s and state = 'received')"
        found = self._rows.read.execute(query, [self._account_id]).fetchone()
        self._rows.read.commit()
        assert found is not None
        return bool(found[0])


def _lines(processes: int, turns: Sequence[tuple[float, float]]) -> list[tuple[str, float, float, float]]:
    of = f"{processes} worker process{'es' if processes > 1 else ''}"
    sides = zip((of, "the same rows by COPY"), zip(*turns, strict=True), strict=True)
    return [(words, median(values), min(values), max(values)) for words, values in sides]
