"""How long from a webhook's answer to its message in the console's list, with web and one worker running.

First the rate that web and worker keep up together: calls as fast as they are answered, until none waits. Then
messages come at half of that, steadily, and the watcher does what an open console does: at each live notice it asks
for the list of its agent (all open) and looks for what is new. The quarter of a second for which a page's event stream
gathers notices, on purpose, is not in it. The limit is half a second for 99 of 100.
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from redis import Redis
from sqlalchemy import exists, select

from benchmarks import desk, x_calls
from benchmarks.figures import percentile
from benchmarks.measuring import Goal, Result, machine, table
from benchmarks.private_servers import PrivateServers
from benchmarks.sender import Sitting, send
from helpdesk.live.notices import redis_channel
from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent
from helpdesk.tickets.queue_queries import Queue, list_tickets

NAME = "ingest_visible"
GOAL = Goal(sign="<=", number=1.0)
LIMIT_MS = 500.0
SECONDS = 10
FLOOD_SECONDS = 4.0
CONNECTIONS = 16

_FIRST = 50_000_000
"""Beyond all ids of the flood."""

_NUMBER = re.compile(r"#(\d+) steady")


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        planted = desk.plant(servers.app)
        port = servers.start_web()
        servers.start_worker(processes=1)
        with servers.app.app_context():
            sustained = _sustained(port, planted.webhook_path)
        sending = _Sending(port=port, path=planted.webhook_path, a_second=sustained / 2)
        with Redis.from_url(servers.redis_url) as client, client.pubsub() as notices, servers.app.app_context():
            notices.subscribe(redis_channel())
            sender = threading.Thread(target=sending.run)
            sender.start()
            seen = dict(_watch(notices, planted.agent_id, sending.messages))
            sender.join()
    accepted = sending.accepted
    missing = set(accepted) - set(seen)
    if missing or len(accepted) != sending.messages:
        raise RuntimeError(
            f"{len(accepted)} of {sending.messages} were accepted, {len(missing)} of them were never seen"
        )
    waits = [max(0.0, seen[number] - at) * 1000 for number, at in accepted.items()]
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    print(f"sustained: {sustained:.0f} messages a second accepted and taken in")
    print(
        table(
            ("accepted to visible", "p50 ms", "p99 ms", "messages"),
            [(f"{sending.a_second:.0f} a second", p50, p99, len(waits))],
        )
    )
    return Result(
        name=NAME,
        value=p99,
        unit="ms (p99)",
        limit=LIMIT_MS,
        ratio=p99 / LIMIT_MS,
        goal=str(GOAL),
        met=GOAL.is_met_by(p99 / LIMIT_MS),
        n=len(waits),
        spread=(min(waits) / LIMIT_MS, max(waits) / LIMIT_MS),
    )


def _sustained(port: int, path: str) -> float:
    """Messages a second that are accepted and taken in, the second time: the first warms web and worker."""
    for turn in (0, 1):
        started = time.perf_counter()
        sent = send(
            Sitting(port=port, path=path, seconds=FLOOD_SECONDS, connections=CONNECTIONS, first=turn * 1_000_000)
        )
        while _waiting():
            time.sleep(0.02)
    return sent.answered / (time.perf_counter() - started)


def _waiting() -> bool:
    with db.engine.connect() as connection:
        found = connection.execute(select(exists().where(InboundEvent.state == InboundState.RECEIVED)))
        return bool(found.scalar_one())


class _Sending:
    """Messages at a steady rate over one connection."""

    def __init__(self, *, port: int, path: str, a_second: float) -> None:
        self._port, self._path, self.a_second = port, path, a_second
        self.messages = int(SECONDS * a_second)
        self.accepted: dict[int, float] = {}

    def run(self) -> None:
        connection = http.client.HTTPConnection(x_calls.HOST, self._port, timeout=30)
        started = time.perf_counter()
        for number in range(self.messages):
            time.sleep(max(0.0, started + number / self.a_second - time.perf_counter()))
            self._call(connection, number)
        connection.close()

    def _call(self, connection: http.client.HTTPConnection, number: int) -> None:
        # A stranger each: the list shows a conversation's last words only, and none is to hide another.
        now = int(datetime.now(UTC).timestamp() * 1000)
        content = x_calls.body(_FIRST + number, customer=_FIRST + number, text=f"#{number} steady", milliseconds=now)
        head, _, body = x_calls.request(self._path, content).partition(b"\r\n\r\n")
        named = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
        headers = {name: value for name, _, value in named if name != "Host"}
        connection.request("POST", self._path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == http.HTTPStatus.OK:
            self.accepted[number] = time.perf_counter()


def _watch(notices: "object", agent_id: int, messages: int) -> Iterator[tuple[int, float]]:
    """(number, when it was in the list first) of each message; ends half a minute after the last notice.

    They come in one line and are taken in as they came: what is older than the newest in the list was in it, or was
    pushed below its end by what came with it.
    """
    shown = 0
    agent = db.session.get_one(Agent, agent_id)
    standing = people_queries.standing_of(agent)
    db.session.rollback()
    while shown < messages and notices.get_message(timeout=30) is not None:  # type: ignore[attr-defined]
        rows = list_tickets(Queue.ALL_OPEN, standing)
        at = time.perf_counter()
        db.session.rollback()
        newest = max((int(found[1]) for row in rows if (found := _NUMBER.match(row.last_text or ""))), default=-1)
        yield from ((number, at) for number in range(shown, newest + 1))
        shown = max(shown, newest + 1)
