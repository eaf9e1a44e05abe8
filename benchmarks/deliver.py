"""How fast queued replies reach X, beside a bare client that posts to the same X with as many calls at once.

Ours: replies of an agent to the tickets of customers who wrote through X, queued before; the clock runs from the bell
until the last is accepted. With one worker process and with two; the worse of the two is judged. X sets no limit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import httpx
from sqlalchemy import func, select

from benchmarks import desk
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.poster import Posting, post
from benchmarks.private_servers import PrivateServers
from benchmarks.x_calls import ACCESS_TOKEN, BRAND_ON_X, CONSUMER_SECRET
from helpdesk import bells, clock
from helpdesk.extensions import redis_connection
from helpdesk.messaging.delivery_states import UNSETTLED
from helpdesk.messaging.models import Delivery, Identity
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.tickets import queries, replying
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from worker.deliver import AT_ONCE

NAME = "deliver"
GOAL = Goal(sign=">=", number=0.5)
TURNS = 5
CUSTOMERS = 200
REPLIES = 600


def run() -> Result:
    print(machine())
    with PrivateServers() as servers, servers.app.app_context():
        sitting = _Sitting(servers)
        results = [sitting.measure(processes) for processes in (1, 2)]
        db.session.remove()
        db.engine.dispose()
    rows = [(f"{n} worker process{'es' if n > 1 else ''}", r.value, r.limit, r.ratio) for n, r in enumerate(results, 1)]
    print(table(("medians", "replies/s", "bare client", "ratio"), rows))
    return min(results, key=lambda result: result.ratio or 0.0)


class _Sitting:
    """One X, one brand, two hundred customers who wrote; turn after turn of replies to them."""

    def __init__(self, servers: PrivateServers) -> None:
        self._servers, self._keys = servers, count()
        self._planted = desk.plant(servers.app)
        told = ("--consumer-secret", CONSUMER_SECRET, "--access-token", ACCESS_TOKEN, "--brand-id", BRAND_ON_X)
        self._x = servers.start_x(*told, "--send-limit", "1000000000")
        self._settings = {"X_API_URL": self._x, "ALLOW_PRIVATE_ADDRESSES": "1"}
        port = servers.start_web()
        servers.start_worker(settings=self._settings)
        self._customers_write(f"http://127.0.0.1:{port}{self._planted.webhook_path}")
        # What X echoes is taken in like any other message, and measured elsewhere.
        self._tell_x("settings", {"echo": "none"})
        redis_connection.bind(servers.redis_url)

    def measure(self, processes: int) -> Result:
        if processes > 1:
            self._servers.start_worker(processes=processes - 1, settings=self._settings)
        ids = list(db.session.scalars(select(Identity.external_id).where(Identity.contact_id.is_not(None))))
        posting = Posting(url=self._x, ids=ids, posts=REPLIES, at_once=AT_ONCE)
        return judged(NAME, "replies/s", by_turns(TURNS, self._deliver, lambda: post(posting)), GOAL)

    def _customers_write(self, webhook: str) -> None:
        self._tell_x("connect", {"url": webhook})
        for number in range(CUSTOMERS):
            self._tell_x("write", {"from": f"customer{number}", "text": "Where is my order?"})
        _wait_until(lambda: _count(Ticket) == CUSTOMERS)

    def _deliver(self) -> float:
        with self._bells_silenced():
            self._queue_replies()
        started = time.perf_counter()
        bells.ring(bells.DELIVER, self._planted.account_id)
        # Asked through an index: a look at every delivery there ever was would take its share of the machine.
        _wait_until(lambda: not _count(Delivery, Delivery.state.in_(UNSETTLED), ~Delivery.is_passed))
        return REPLIES / (time.perf_counter() - started)

    def _queue_replies(self) -> None:
        with transaction():
            amal = db.session.get_one(Agent, self._planted.agent_id)
            standing = people_queries.standing_of(amal)
            ids = db.session.scalars(select(Ticket.id).order_by(Ticket.id)).all()
            for number in range(REPLIES):
                ticket = queries.lock_ticket(ids[number % len(ids)], standing, Act.REPLY)
                replying.reply_to_ticket(
                    ticket, "We look into it.", key=f"k{next(self._keys)}", by=amal, at=clock.now()
                )

    @contextmanager
    def _bells_silenced(self) -> Iterator[None]:
        """A bell that hangs already is not hung again: nobody begins before all replies are there."""
        key = f"bell:{bells.DELIVER}:{self._planted.account_id}"
        redis_connection.client.set(key, 1)
        yield
        redis_connection.client.delete(key)

    def _tell_x(self, what: str, fields: dict[str, object]) -> None:
        httpx.post(f"{self._x}/_control/{what}", json=fields, timeout=60).raise_for_status()


def _count(model: type, *conditions: object) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one())  # type: ignore[arg-type]


def _wait_until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise RuntimeError("it did not come to pass")
        time.sleep(0.01)
