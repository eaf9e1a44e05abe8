"""How long from a webhook's answer to its message in the console's list, with web and one worker running.

Messages come at a steady rate. The watcher does what an open console does: at each live notice it asks for the list
of its agent (all open) and looks for what is new. The quarter of a second for which a page's event stream gathers
notices, on purpose, is not in it. There is no limit to hold it to: it is reported.
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from redis import Redis

from benchmarks import desk, x_calls
from benchmarks.figures import percentile
from benchmarks.measuring import Result, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk.live.notices import redis_channel
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent
from helpdesk.tickets.queue_queries import Queue, list_tickets

NAME = "ingest_visible"
A_SECOND = 10
MESSAGES = 300

_NUMBER = re.compile(r"#(\d+) ")


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        planted = desk.plant(servers.app)
        port = servers.start_web()
        servers.start_worker(processes=1)
        accepted: dict[int, float] = {}
        with Redis.from_url(servers.redis_url) as client, client.pubsub() as notices, servers.app.app_context():
            notices.subscribe(redis_channel())
            sender = threading.Thread(target=_send, args=(port, planted.webhook_path, accepted))
            sender.start()
            seen = dict(_watch(notices, planted.agent_id))
            sender.join()
    missing = set(accepted) - set(seen)
    if missing or len(accepted) != MESSAGES:
        raise RuntimeError(f"{len(accepted)} of {MESSAGES} were accepted, {len(missing)} of them were never seen")
    waits = [max(0.0, seen[number] - at) * 1000 for number, at in accepted.items()]
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    print(
        table(("accepted to visible", "p50 ms", "p99 ms", "messages"), [(f"{A_SECOND} a second", p50, p99, len(waits))])
    )
    return Result(
        name=NAME,
        value=p99,
        unit="ms (p99)",
        limit=None,
        ratio=None,
        goal=None,
        met=None,
        n=len(waits),
        spread=(min(waits), max(waits)),
    )


def _send(port: int, path: str, accepted: dict[int, float]) -> None:
    connection = http.client.HTTPConnection(x_calls.HOST, port, timeout=30)
    started = time.perf_counter()
    for number in range(MESSAGES):
        # A stranger each: the list shows a conversation's last words only, and none is to hide another.
        now = int(datetime.now(UTC).timestamp() * 1000)
        content = x_calls.body(number, customer=9_000_000 + number, text=f"#{number} hello", milliseconds=now)
        time.sleep(max(0.0, started + number / A_SECOND - time.perf_counter()))
        head, _, body = x_calls.request(path, content).partition(b"\r\n\r\n")
        named = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
        connection.request("POST", path, body=body, headers={name: value for name, _, value in named if name != "Host"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == http.HTTPStatus.OK:
            accepted[number] = time.perf_counter()
    connection.close()


def _watch(notices: "object", agent_id: int) -> Iterator[tuple[int, float]]:
    """(number, when it was first in the list) of each message; ends half a minute after the last notice."""
    seen: set[int] = set()
    agent = db.session.get_one(Agent, agent_id)
    standing = people_queries.standing_of(agent)
    db.session.rollback()
    while len(seen) < MESSAGES and notices.get_message(timeout=30) is not None:  # type: ignore[attr-defined]
        rows = list_tickets(Queue.ALL_OPEN, standing)
        at = time.perf_counter()
        db.session.rollback()
        for row in rows:
            found = _NUMBER.match(row.last_text or "")
            if found and int(found[1]) not in seen:
                seen.add(int(found[1]))
                yield int(found[1]), at
