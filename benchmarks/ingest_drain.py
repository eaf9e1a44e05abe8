"""How fast one worker turns raw events into messages, tickets and running clocks, beside writing the same rows.

Ours: `worker.ingest.drain` in one process over X's webhook bodies: 70 % are a stranger's first message, 30 % the next
of somebody who wrote before. The limit: psycopg copies the rows that came of it (message, part, conversation,
identity, contact, participant, ticket, ticket_message, clock, timeline_event) into another database with the same
schema, in as many commits. It reads, parses, decides and tells nobody anything.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from redis import Redis
from sqlalchemy import make_url

from benchmarks import desk, x_calls
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.orm import db
from worker import ingest

NAME = "ingest_drain"
GOAL = Goal(sign=">=", number=0.15)
TURNS = 5
MESSAGES = 2000

# Parents first. A conversation names its last message, so that column follows when the messages are there.
TABLES = (
    ("contact", "id"),
    ("identity", "id"),
    ("conversation", "id"),
    ("participant", "conversation_id"),
    ("message", "id"),
    ("part", "message_id"),
    ("ticket", "id"),
    ("ticket_message", "message_id"),
    ("clock", "id"),
    ("timeline_event", "id"),
)

_JSONB = 3802

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        planted = desk.plant(servers.app)
        copy_url = servers.copy_database("rows_only")
        with servers.app.app_context(), _connected(copy_url) as copy, _connected(servers.settings.database_url) as read:
            sitting = _Sitting(servers, planted.account_id, read, copy)
            measured = by_turns(TURNS, sitting.drain, sitting.copy_the_same)
            db.session.remove()
            db.engine.dispose()
        rows = sitting.rows_a_message
    print(table(_HEADS, [("drain", *_columns(measured, 0)), ("the same rows by COPY", *_columns(measured, 1))]))
    print(f"{MESSAGES:,} messages a turn, {x_calls.NEW_OF_TEN} of 10 a stranger's first; {rows:.1f} rows a message")
    return judged(NAME, "messages/s", measured, GOAL)


_HEADS = ("messages/s", "median", "least", "most")


class _Sitting:
    """Turn after turn into the same two databases, which grow alike."""

    def __init__(self, servers: PrivateServers, account_id: int, read: Connection, copy: Connection) -> None:
        self._redis = Redis.from_url(servers.redis_url)
        self._account_id, self._read, self._copy = account_id, read, copy
        self._firsts = count(0, 10_000_000)
        self._marks: dict[str, int] = {}
        self.rows_a_message = 0.0

    def drain(self) -> float:
        """Messages a second."""
        self._marks = {name: self._highest(name, key) for name, key in TABLES}
        self._fill()
        started = time.perf_counter()
        ingest.drain(self._account_id)
        return MESSAGES / (time.perf_counter() - started)

    def copy_the_same(self) -> float:
        """Messages a second, for the rows that the drain before has made."""
        made = {name: self._made(name, key) for name, key in TABLES}
        if len(made["message"][1]) != MESSAGES:
            raise RuntimeError(f"{len(made['message'][1])} messages came of {MESSAGES} events")
        self.rows_a_message = sum(len(rows) for _, rows in made.values()) / MESSAGES
        batches = -(-MESSAGES // ingest.BATCH)
        started = time.perf_counter()
        for number in range(batches):
            for name, (columns, rows) in made.items():
                size = -(-len(rows) // batches)
                self._write(name, columns, rows[number * size : (number + 1) * size])
            self._copy.commit()
        return MESSAGES / (time.perf_counter() - started)

    def _fill(self) -> None:
        at = datetime.now(UTC)
        bodies = x_calls.bodies(MESSAGES, at=at, first=next(self._firsts))
        store_events([RawCall(account_id=self._account_id, body=body, headers={}, received_at=at) for body in bodies])
        # The bell's own job is not to be left behind: no worker runs.
        self._redis.flushdb()

    def _highest(self, name: str, key: str) -> int:
        query = sql.SQL("select coalesce(max({}), 0) from {}").format(sql.Identifier(key), sql.Identifier(name))
        found = self._read.execute(query).fetchone()
        assert found is not None
        return int(found[0])

    def _made(self, name: str, key: str) -> tuple[list[str], list[Row]]:
        query = sql.SQL("select * from {name} where {key} > %s order by {key}").format(
            name=sql.Identifier(name), key=sql.Identifier(key)
        )
        cursor = self._read.execute(query, [self._marks[name]])
        assert cursor.description is not None
        kept = [(n, column) for n, column in enumerate(cursor.description) if column.name != "last_message_id"]
        rows = [tuple(_plain(row[n], column.type_code) for n, column in kept) for row in cursor]
        return [column.name for _, column in kept], rows

    def _write(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        words = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self._copy.cursor() as cursor, cursor.copy(words) as copy:
            for row in rows:
                copy.write_row(row)


def _connected(url: str) -> Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def _plain(value: object, type_code: int) -> object:
    """JSON as it is written, not as it was read."""
    return Jsonb(value) if type_code == _JSONB else value


def _columns(measured: Sequence[tuple[float, float]], side: int) -> tuple[float, float, float]:
    values = sorted(turn[side] for turn in measured)
    return values[len(values) // 2], values[0], values[-1]
