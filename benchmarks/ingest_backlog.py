"""Whether a backlog of a hundred thousand raw events is drained as fast as one of a thousand, and in how much memory.

One worker process, as it runs in production: the bell is rung once and the clock runs until nothing waits. Small
backlogs are drained before and after the large one, in the same database, which holds some tens of thousands of
messages by then. The worker's memory is read from the system while it works.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

from redis import Redis
from rq import Worker
from sqlalchemy import exists, select

from benchmarks import desk, x_calls
from benchmarks.measuring import Goal, Result, judged, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk import bells
from helpdesk.extensions import redis_connection
from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.orm import db

NAME = "ingest_backlog"
GOAL = Goal(sign=">=", number=1 / 1.2)
SMALL, LARGE, WARM_UP = 1_000, 100_000, 20_000
TURNS = 5
"""Small backlogs before the large one, and as many after it."""

_STORED_AT_ONCE = 1_000


def run() -> Result:
    print(machine())
    with PrivateServers() as servers, servers.app.app_context():
        planted = desk.plant(servers.app)
        servers.start_worker()
        redis_connection.bind(servers.redis_url)
        sitting = _Sitting(servers.redis_url, planted.account_id)
        sitting.drain(WARM_UP)
        before = [sitting.drain(SMALL) for _ in range(TURNS)]
        memory: list[float] = []
        large = sitting.drain(LARGE, watch=lambda: memory.append(sitting.memory()))
        after = [sitting.drain(SMALL) for _ in range(TURNS)]
        db.session.remove()
        db.engine.dispose()
    print(
        table(
            ("backlog", "messages/s"),
            [("1,000, before", median(before)), ("100,000", large), ("1,000, after", median(after))],
        )
    )
    tenth = len(memory) // 10
    print(
        f"memory of the worker: {memory[tenth]:.0f} MiB after a tenth, at most {max(memory[tenth:]):.0f} MiB after it"
    )
    return judged(NAME, "messages/s", [(large, small) for small in before + after], GOAL)


class _Sitting:
    """One worker, one database that grows."""

    def __init__(self, redis_url: str, account_id: int) -> None:
        self._account_id, self._firsts = account_id, count(0, 10_000_000)
        with Redis.from_url(redis_url) as client:
            (worker,) = Worker.all(connection=client)
        assert worker.pid is not None
        self._statm = Path(f"/proc/{worker.pid}/statm")

    def drain(self, events: int, *, watch: Callable[[], object] = lambda: None) -> float:
        """Messages a second, from the bell until none waits."""
        self._store(events)
        started = time.perf_counter()
        bells.ring(bells.INGEST, self._account_id)
        while self._is_waiting():
            watch()
            time.sleep(0.02 if events == SMALL else 0.25)
        return events / (time.perf_counter() - started)

    def memory(self) -> float:
        """What the worker holds in memory, in MiB."""
        resident = int(self._statm.read_text().split()[1])
        return resident * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _store(self, events: int) -> None:
        """Stored as a webhook stores them; its bell hangs already, so that the worker does not begin before."""
        key = f"bell:{bells.INGEST}:{self._account_id}"
        redis_connection.client.set(key, 1)
        for _ in range(events // _STORED_AT_ONCE):
            at = datetime.now(UTC)
            bodies = x_calls.bodies(_STORED_AT_ONCE, at=at, first=next(self._firsts))
            store_events(
                [RawCall(account_id=self._account_id, body=body, headers={}, received_at=at) for body in bodies]
            )
        redis_connection.client.delete(key)

    def _is_waiting(self) -> bool:
        """Whether a raw event waits; past the session, which would keep what it has seen."""
        waiting = exists().where(
            InboundEvent.account_id == self._account_id, InboundEvent.state == InboundState.RECEIVED
        )
        with db.engine.connect() as connection:
            return bool(connection.execute(select(waiting)).scalar_one())
