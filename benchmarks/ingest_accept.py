"""How fast signed webhooks are accepted, beside the least that a durable handler does.

Ours: the running server (gunicorn, gevent, as `helpdesk up` starts it), bells rung, no worker. The limit: a bare
Flask handler on the same server and database (bare_handler.py). 16 kept connections, bodies and ids all different.
"""

from itertools import count
from statistics import median

from sqlalchemy import text

from benchmarks import bare_handler, desk
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers
from benchmarks.sender import Sent, Sitting, send
from helpdesk.orm import db

NAME = "ingest_accept"
GOAL = Goal(sign=">=", number=0.8)
TURNS = 7
SECONDS = 3.0
CONNECTIONS = 16

_firsts = count(0, 1_000_000)


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        planted = desk.plant(servers.app)
        with servers.app.app_context(), db.engine.begin() as connection:
            connection.execute(text(bare_handler.TABLE))
        ours = _Door(servers.start_web(), planted.webhook_path)
        bare_settings = {"BARE_DATABASE_URL": servers.database_url}
        bare = _Door(servers.start_bare("benchmarks.bare_handler:create_app()", bare_settings), planted.webhook_path)
        measured = by_turns(TURNS, ours.measure, bare.measure)
        stored = _stored(servers)
    if stored != (ours.answered, bare.answered):
        raise RuntimeError(f"answered {ours.answered} and {bare.answered}, but {stored} were stored")
    print(table(_HEADS, [ours.row("accepted by the helpdesk"), bare.row("bare handler, one insert")]))
    print(f"every answered call was found stored ({ours.answered:,} and {bare.answered:,})")
    return judged(NAME, "calls/s", measured, GOAL)


_HEADS = ("medians", "calls/s", "p50 ms", "p99 ms", "sender's share of a core")


class _Door:
    """One of the two servers, and what was measured there."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._sent: list[Sent] = []

    def measure(self) -> float:
        sitting = Sitting(
            port=self._port, path=self._path, seconds=SECONDS, connections=CONNECTIONS, first=next(_firsts)
        )
        self._sent.append(send(sitting))
        return self._sent[-1].per_second

    @property
    def answered(self) -> int:
        return sum(sent.answered for sent in self._sent)

    def row(self, words: str) -> tuple[object, ...]:
        """The turns that count; the first was the warm-up."""
        counted = self._sent[1:]
        return (
            words,
            *(median(getattr(sent, name) for sent in counted) for name in ("per_second", "p50", "p99", "busy")),
        )


def _stored(servers: PrivateServers) -> tuple[int, int]:
    with servers.app.app_context(), db.engine.connect() as connection:
        found = [
            connection.execute(text(f"select count(*) from {name}")).scalar_one()
            for name in ("inbound_event", "bare_event")
        ]
    return found[0], found[1]
