"""A day at a desk where everything breaks: customers write, agents answer through the console, programs are killed.

`FaultRun(plan, stack, x).play()` returns what differs from the truth in the end, one line each; nothing is right.
Chance is seeded: what is written, by whom, who answers what, and what is killed when.
"""

import os
import random
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import psycopg
from redis import Redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock
from helpdesk.messaging import connecting
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from helpdesk.simulator.x_dice import Dice, rates_of
from helpdesk.simulator.x_events_api import READ_WINDOW
from helpdesk.transaction import transaction
from tests.support.agent_browser import AgentBrowser, Away, Refused
from tests.support.desk import Desk, opened, settings_for
from tests.support.stack import Stack
from tests.support.truth import Truth

Answer = TypeVar("Answer")

AGENTS = ("amal@example.org", "lena@example.org", "chidi@example.org", "ada@example.org")
A_DAY_IN_TWENTY_SECONDS = 1 / 4320
FAULTS = (
    "all,outage:0.001,revoked:0.004,349:0.01,130:0.02,131:0.01,354:0.003,151:0.005,64:0.002,93:0.002,usage-capped:0.002"
)
INCIDENTS = ("web", "worker", "one worker", "valkey", "postgres", "flush") * 2 + ("schedule",)
"""What may happen in any order within half a minute, and the supervisor still keeps everything running."""

LOOKS_EVERY = 0.25
LASTS = 4.0
POOLS_RUN_OUT_IN = 8.0
"""Longer than a request waits for a connection."""
NO_ROOM = 4096
A_LOOK = timedelta(seconds=5)
"""One that ended so soon may have begun before."""
AGENTS_PATIENCE = 240.0
"""A slow machine is no loss: they go on for so long after their time."""
SAME_INSTANT = 0.1
"""How often a customer sends two messages that the platform gives the same millisecond."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`incidents` happen one after the other, in a seeded order, spread evenly over the `seconds` of traffic."""

    messages: int
    replies: int
    customers: int
    seconds: float
    incidents: Sequence[str] = ()
    faults: str = ""
    seed: int = 0
    prefix: str = "customer"
    settles_within: float = 150.0


@dataclass
class FaultRun:
    plan: Plan
    desk: Desk
    submitted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    conversations: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    agents_setbacks: int = 0

    def __post_init__(self) -> None:
        self.stack, self.x = self.desk.stack, self.desk.x
        self._until = 0.0
        self._begun = self._called_before = 0
        self._gave_up_at = clock.now()

    def play(self) -> list[str]:
        """Traffic and trouble, then quiet; what differs from the truth."""
        self.begin()
        with self._at_work(self.customers_write, *self._agents(), self._operator_reconnects):
            self._trouble()
        self.settle()
        return self.differences()

    def begin(self) -> None:
        """What the platform records from now on belongs to this run."""
        self._begun, self._called_before = len(self.x.record.entries()), len(self.x.deliveries)
        self.x.mischief.dice = Dice(rates_of(self.plan.faults), self.plan.seed)
        self._until = time.monotonic() + self.plan.seconds + AGENTS_PATIENCE

    def settle(self) -> None:
        """Nothing goes wrong any more, and all that waits is done, or the time is over."""
        self.x.mischief.dice.rest()
        self.stack.wait_until(self.stack.answers)
        self.x.wait_until_quiet(AGENTS_PATIENCE)
        # What X gave up telling us is found in its record, by the next look that begins now.
        self._gave_up_at = clock.now()
        self._until = time.monotonic() + self.plan.settles_within
        agent = AgentBrowser(lambda: self.stack.url, AGENTS[0], keep_trying=self._is_in_time)
        agent.sign_in()
        try:
            while self._is_in_time() and not self._is_settled(agent):
                time.sleep(LOOKS_EVERY)
        finally:
            agent.close()

    def differences(self) -> list[str]:
        entries = self.x.record.entries(after=self._begun)
        truth = Truth(
            written=[one for one in entries if one["what"] == "written"],
            taken=[one for one in entries if one["what"] == "taken"],
            submitted=self.submitted,
            conversations=frozenset(self.conversations),
        )
        return self.problems + self.desk.look(truth.differences)

    def counts(self) -> dict[str, int]:
        entries = self.x.record.entries(after=self._begun)
        return {
            "written": sum(one["what"] == "written" for one in entries),
            "replies": len(self.submitted),
            "refused": len(self.refused),
            "taken": sum(one["what"] == "taken" for one in entries),
            "faults": sum(one["what"] == "fault" for one in entries),
            "calls": len(self.x.deliveries),
        } | {f"replies {state}": n for state, n in self.desk.look(_states).items()}

    @property
    def setbacks(self) -> int:
        """How often an agent or X was told that the desk cannot now, or got no answer."""
        calls = self.x.deliveries[self._called_before :]
        refused = sum(attempt.status is None or attempt.status >= 500 for call in calls for attempt in call.attempts)
        return self.agents_setbacks + refused

    # Who does what

    def customers_write(self) -> None:
        chance = random.Random(f"{self.plan.seed} customers")
        names = [f"{self.plan.prefix}{n:03}" for n in range(self.plan.customers)]
        began, at = time.monotonic(), clock.now()
        for n in range(self.plan.messages):
            _sleep_until(began + self.plan.seconds * n / self.plan.messages)
            # Now and then the platform gives two messages of one customer the same instant.
            if n == 0 or chance.random() >= SAME_INSTANT:
                name, at = chance.choice(names), clock.now()
            message = self.x.customer_writes(name, f"{name} says {n:05}", at=at)
            self.conversations.add("-".join(sorted((message.sender_id, message.recipient_id), key=int)))

    def _agents(self) -> Iterator[Callable[[], None]]:
        for number, email in enumerate(AGENTS):
            yield partial(self._agent_answers, number, email)

    def _agent_answers(self, number: int, email: str) -> None:
        chance = random.Random(f"{self.plan.seed} {email}")
        agent = AgentBrowser(lambda: self.stack.url, email, keep_trying=self._is_in_time)
        began, share = time.monotonic(), range(number, self.plan.replies, len(AGENTS))
        try:
            agent.sign_in()
            for n in share:
                _sleep_until(began + self.plan.seconds * n / self.plan.replies)
                self._answer(agent, f"Reply {self.plan.prefix} {n:05}", chance)
        finally:
            self.agents_setbacks += agent.setbacks
            agent.close()

    def answer_once(self, words: str) -> None:
        """One reply, to a ticket of this run."""
        agent = AgentBrowser(lambda: self.stack.url, AGENTS[0], keep_trying=self._is_in_time)
        try:
            agent.sign_in()
            self._answer(agent, words, random.Random(self.plan.seed))
        finally:
            agent.close()

    def _answer(self, agent: AgentBrowser, words: str, chance: random.Random) -> None:
        try:
            agent.reply(self._some_ticket(chance), words)
        except (Refused, Away) as refused:
            self.refused.append(f"{words}: {refused}")
        else:
            self.submitted.append(words)

    def _some_ticket(self, chance: random.Random) -> int:
        """One of this run's, known or yet to come. Raises Away when none came in time."""
        none: list[int] = []
        while self._is_in_time():
            found = self._seen(lambda: _tickets_of(self.plan.prefix), none)
            if found:
                return chance.choice(found)
            time.sleep(LOOKS_EVERY)
        raise Away("no ticket came")

    def _operator_reconnects(self) -> None:
        """Whatever paused the account (a withdrawn token, a bill), somebody connects it again."""
        while not self._traffic_is_over.is_set():
            self._seen(self._reconnect, None)
            self._traffic_is_over.wait(LOOKS_EVERY)

    def _reconnect(self) -> None:
        with transaction():
            account = db.session.get_one(ChannelAccount, self.desk.account_id, with_for_update=True)
            if account.health != Health.OK and self.x.access_token:
                connecting.resume(account, at=clock.now())

    # Trouble

    def _trouble(self) -> None:
        chance = random.Random(f"{self.plan.seed} incidents")
        incidents = list(_shuffled(self.plan.incidents, chance))
        began = time.monotonic()
        for n, incident in enumerate(incidents):
            _sleep_until(began + self.plan.seconds * (n + chance.uniform(0.3, 0.9)) / max(len(incidents), 1))
            _INCIDENTS[incident](self, chance)

    def kill(self, name: str, _chance: random.Random) -> None:
        try:
            self.stack.kill(name)
        except ProcessLookupError:
            # It died by itself, of an earlier incident, and is not back yet.
            return

    def kill_one_worker(self, chance: random.Random) -> None:
        children = _children_of(self.stack.pid("worker"))
        if children:
            os.kill(chance.choice(children), signal.SIGKILL)

    def flush(self) -> None:
        client = Redis.from_url(self.stack.env["REDIS_URL"], socket_timeout=2)
        try:
            client.flushall()
        except Exception:
            # It is away; what it held may be gone as well.
            return
        finally:
            client.close()

    def fill_disk(self, name: str) -> None:
        """For some seconds whatever this program writes to a file finds no room."""
        with _limited(_group_of(self.stack.pid(name)), bytes_a_file=NO_ROOM):
            time.sleep(LASTS)

    def take_all_connections(self) -> None:
        """For some seconds PostgreSQL lets nobody in any more."""
        url = self.stack.env["DATABASE_URL"]
        with ExitStack() as taken:
            ours = [taken.enter_context(psycopg.connect(url, autocommit=True))]
            until = time.monotonic() + LASTS
            while time.monotonic() < until:
                with suppress(psycopg.OperationalError):
                    while True:
                        ours.append(taken.enter_context(psycopg.connect(url)))
                # Those that the programs keep in their pools: sent away, and their places taken.
                ours[0].execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where backend_type = 'client backend' and pid <> all(%s)",
                    [[one.info.backend_pid for one in ours]],
                )

    def hold_everything_up(self) -> None:
        """Somebody locks all tickets and raw events, until every connection of every pool waits."""
        with psycopg.connect(self.stack.env["DATABASE_URL"]) as connection:
            connection.execute("lock table inbound_event, ticket in access exclusive mode")
            time.sleep(POOLS_RUN_OUT_IN)
            connection.rollback()

    # Until all is quiet

    def _is_settled(self, agent: AgentBrowser) -> bool:
        """Whether nothing waits; agents send past what failed or is not known, as the console lets them."""
        self._seen(self._reconnect, None)
        nobody: list[tuple[int, int]] = []
        for ticket_id, message_id in self._seen(_in_the_way, nobody):
            agent.decide(ticket_id, message_id, "send-past")
        return self._seen(partial(_is_quiet, since=self._gave_up_at), False)

    def _is_in_time(self) -> bool:
        return time.monotonic() < self._until

    def _seen(self, look: Callable[[], Answer], otherwise: Answer) -> Answer:
        """What the database says, or that while it is away."""
        try:
            return self.desk.look(look)
        except SQLAlchemyError:
            return otherwise

    @contextmanager
    def _at_work(self, *people: Callable[[], None]) -> Iterator[None]:
        """Everybody at work while the block runs, and until each is done; the operator goes last."""
        self._traffic_is_over = threading.Event()
        threads = [threading.Thread(target=self._noting_problems, args=(work,)) for work in people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads[:-1]:
                thread.join()
            self._traffic_is_over.set()
            threads[-1].join()

    def _noting_problems(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.problems.append(f"{type(error).__name__} in the run itself: {error}")


_INCIDENTS: dict[str, Callable[[FaultRun, random.Random], None]] = {
    "web": lambda run, chance: run.kill("web", chance),
    "worker": lambda run, chance: run.kill("worker", chance),
    "one worker": lambda run, chance: run.kill_one_worker(chance),
    "schedule": lambda run, chance: run.kill("schedule", chance),
    "valkey": lambda run, chance: run.kill("valkey", chance),
    "postgres": lambda run, chance: run.kill("postgres", chance),
    "flush": lambda run, chance: run.flush(),
    "no room for the database": lambda run, chance: run.fill_disk("postgres"),
    "no connections left": lambda run, chance: run.take_all_connections(),
    "a lock on everything": lambda run, chance: run.hold_everything_up(),
}


def _shuffled(incidents: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Any order, but round by round: the supervisor gives up what dies too often in a minute."""
    for start in range(0, len(incidents), len(INCIDENTS)):
        a_round = incidents[start : start + len(INCIDENTS)]
        yield from chance.sample(a_round, len(a_round))


def _tickets_of(prefix: str) -> list[int]:
    statement = text(
        "select t.id from ticket t join identity i on i.id = t.customer_identity_id"
        " where i.handle like :prefix || '%' order by t.id"
    )
    return list(db.session.scalars(statement, {"prefix": prefix}))


def _in_the_way() -> list[tuple[int, int]]:
    """(ticket, message) of replies that hold up others."""
    statement = text(
        "select tm.ticket_id, d.message_id from delivery d join ticket_message tm on tm.message_id = d.message_id"
        " where d.state in ('failed', 'unknown') and not d.is_passed order by d.id"
    )
    return [(row.ticket_id, row.message_id) for row in db.session.execute(statement)]


def _is_quiet(*, since: datetime) -> bool:
    """Whether nothing waits, and X's record, where it is due within an hour, has been read since."""
    statement = text(
        "select not exists (select from inbound_event where state = 'received')"
        " and not exists (select from delivery where state in ('queued', 'sending'))"
        " and not exists (select from delivery where state in ('failed', 'unknown') and not is_passed)"
        " and not exists (select from channel_link where (history_read_at is null or history_read_at < :since)"
        "                 and coalesce(history_due_at, now()) < now() + interval '1 hour')"
    )
    return bool(db.session.scalar(statement, {"since": since + A_LOOK}))


def _states() -> dict[str, int]:
    return {row.state: row.n for row in db.session.execute(text("select state, count(*) n from delivery group by 1"))}


def _group_of(leader: int) -> list[int]:
    """The pids of a program and all that it forked, sessions of their own included."""
    found, unseen = [], [leader]
    while unseen:
        pid = unseen.pop()
        found.append(pid)
        with suppress(FileNotFoundError, ProcessLookupError):
            unseen.extend(_children_of(pid))
    return found


@contextmanager
def _limited(pids: Sequence[int], *, bytes_a_file: int) -> Iterator[None]:
    """As on a full disk: programs get an error for what they write beyond; those that they fork meanwhile as well."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    _limit(pids, (bytes_a_file, before[1]))
    try:
        yield
    finally:
        _limit([*pids, *(child for pid in pids for child in _group_of(pid))], before)


def _limit(pids: Sequence[int], limits: tuple[int, int]) -> None:
    soft, hard = ("unlimited" if one == resource.RLIM_INFINITY else str(one) for one in limits)
    for pid in pids:
        with suppress(FileNotFoundError):
            owner = os.stat(f"/proc/{pid}")
            argv = ["/usr/bin/prlimit", "--pid", str(pid), f"--fsize={soft}:{hard}"]
            if owner.st_uid == os.getuid():
                subprocess.run(argv, check=False)
            else:
                # To root of a container the processes of others may be closed: as their own user.
                subprocess.run(argv, user=owner.st_uid, group=owner.st_gid, extra_groups=[], check=False)


def _children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def _sleep_until(instant: float) -> None:
    time.sleep(max(0.0, instant - time.monotonic()))


def a_troubled_x(*, time_scale: float, send_limit: int = 1_000_000, send_window: float = 900.0) -> XSimulator:
    """Larkpost's X. It calls again for as long as a killed web server may take to come back, on a schedule as X's."""
    return XSimulator(
        consumer_secret="test-consumer-secret",
        access_token="brand-token",
        brand_id="7001",
        brand_username="larkpost",
        brand_name="Larkpost",
        send_limit=send_limit,
        send_window=timedelta(seconds=send_window) * time_scale,
        read_window=READ_WINDOW * time_scale,
        retry_waits=[timedelta(seconds=s) for s in (0.3, 1, 2, 4, 8, 8, 8, 8)],
        hang=timedelta(seconds=1),
        answer_within=timedelta(seconds=5),
        time_scale=time_scale,
        workers=8,
    )


@contextmanager
def a_desk_of_its_own(x: XSimulator, *, workers: int) -> Iterator[Desk]:
    """Larkpost on a stack with a PostgreSQL and a Valkey of its own, which waits for X as briefly as X itself."""
    stack = Stack(environment=settings_for(x) | {"X_TIME_SCALE": str(x.mischief.time_scale)}, workers=workers)
    try:
        with opened(stack.start(), x) as desk:
            yield desk
    finally:
        stack.stop()
