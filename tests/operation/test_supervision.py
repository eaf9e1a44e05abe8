"""`helpdesk up` from outside: it keeps its data, starts again what dies, and leaves nothing behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from helpdesk.operation.processes import Program
from helpdesk.operation.supervisor import RESTARTS_A_MINUTE, ProgramFailed, Supervisor
from tests.support.stack import Stack

PROGRAMS = {"postgres", "valkey", "web", "worker", "schedule"}


def remember(stack: Stack, word: str) -> None:
    """Write a word to the database and to Redis."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists remembered (word text)")
        connection.execute("insert into remembered values (%s)", [word])
    with Redis.from_url(stack.env["REDIS_URL"]) as client:
        client.rpush("remembered", word)
        # Valkey may hold back a write for some seconds while the disk is busy; until it is there, it is not kept.
        assert client.execute_command("WAITAOF", 1, 0, 10_000)[0] == 1


def remembered(stack: Stack) -> tuple[set[str], set[str]]:
    """The words in the database, and those in Redis."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        rows = connection.execute("select word from remembered").fetchall()
    with Redis.from_url(stack.env["REDIS_URL"], decode_responses=True) as client:
        words = client.lrange("remembered", 0, -1)
    return {word for (word,) in rows}, set(words)


def descendants(pid: int) -> set[int]:
    """Every process under this one, the servers' and gunicorn's own included."""
    children: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        children |= {int(child) for child in task.read_text().split()}
    return children.union(*(descendants(child) for child in children))


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a process that only waits for its parent to notice has ended."""
    return {pid for pid in pids if _state(pid) not in ("", "Z")}


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def within(seconds: float, happens: Callable[[], object]) -> bool:
    until = time.monotonic() + seconds
    while not happens() and time.monotonic() < until:
        time.sleep(0.05)
    return bool(happens())


class TestRunning:
    def test_everything_that_one_machine_needs_runs(self, embedding_stack: Stack) -> None:
        assert set(embedding_stack.running.children) == PROGRAMS
        assert embedding_stack.answers()

    def test_servers_listen_on_no_port(self, embedding_stack: Stack) -> None:
        assert embedding_stack.env["DATABASE_URL"].startswith("postgresql://helpdesk@/helpdesk?host=/")
        assert embedding_stack.env["REDIS_URL"].startswith("unix:///")
        assert embedding_stack.home.sockets.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("name", ["postgres", "valkey"])
    def test_a_server_killed_loses_nothing(self, embedding_stack: Stack, name: str) -> None:
        remember(embedding_stack, f"before {name} was killed")

        embedding_stack.restart(name)

        embedding_stack.wait_until(lambda: embedding_stack.command("check").returncode == 0)
        in_database, in_redis = remembered(embedding_stack)
        assert f"before {name} was killed" in in_database
        assert f"before {name} was killed" in in_redis

    @pytest.mark.parametrize("name", ["web", "worker", "schedule"])
    def test_a_program_killed_is_started_again(self, embedding_stack: Stack, name: str) -> None:
        forked = descendants(embedding_stack.pid(name))

        embedding_stack.restart(name)

        assert within(60, lambda: not alive(forked))

    def test_a_second_start_is_refused_in_one_line_with_the_address(self, embedding_stack: Stack) -> None:
        second = embedding_stack.second_start()

        assert second.returncode == 2
        assert second.stdout == ""
        assert second.stderr.splitlines() == [
            f"helpdesk: the instance 'stack' already runs at {embedding_stack.url}; "
            "INSTANCE=name (--instance) starts another"
        ]

    def test_check_finds_nothing_wrong(self, embedding_stack: Stack) -> None:
        found = embedding_stack.command("check")

        assert [line.split()[1].rstrip(",") for line in found.stdout.splitlines()] == ["ok"] * 5


class TestStopping:
    @pytest.fixture
    def own_stack(self) -> Iterator[Stack]:
        stack = Stack(environment={}, folder="a folder with a space")
        try:
            yield stack.start()
        finally:
            stack.stop()

    def test_ctrl_c_leaves_no_child_and_the_next_start_finds_its_data(self, own_stack: Stack) -> None:
        remember(own_stack, "kept")
        started = descendants(own_stack.running.pid)

        assert own_stack.interrupt() == 0

        assert alive(started) == set()
        own_stack.start()
        assert remembered(own_stack) == ({"kept"}, {"kept"})

    def test_a_killed_supervisor_leaves_no_child_and_the_next_start_finds_its_data(self, own_stack: Stack) -> None:
        remember(own_stack, "kept")
        started = descendants(own_stack.running.pid)

        own_stack.kill_supervisor()

        assert within(60, lambda: not alive(started))
        own_stack.start()
        assert remembered(own_stack) == ({"kept"}, {"kept"})

    def test_everything_killed_at_once_loses_nothing(self, own_stack: Stack) -> None:
        remember(own_stack, "kept")
        started = descendants(own_stack.running.pid)

        for pid in {own_stack.running.pid, *started}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        own_stack.kill_supervisor()

        own_stack.start()
        assert remembered(own_stack) == ({"kept"}, {"kept"})

    def test_two_homes_run_side_by_side(self, own_stack: Stack, embedding_stack: Stack) -> None:
        remember(own_stack, "mine")

        assert own_stack.url != embedding_stack.url
        remember(embedding_stack, "theirs")
        assert "mine" not in remembered(embedding_stack)[0]
        assert remembered(own_stack) == ({"mine"}, {"mine"})


class TestDying:
    @pytest.fixture
    def supervisor(self) -> Iterator[Supervisor]:
        ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        with Supervisor() as supervisor:
            yield supervisor
        for number, handler in ours.items():
            signal.signal(number, handler)

    def test_what_a_program_needs_may_be_away_for_long(self, supervisor: Supervisor, tmp_path: Path) -> None:
        """A Valkey that is killed and reads a large file back must not end the helpdesk."""
        server, runs = tmp_path / "server", tmp_path / "runs"
        child = supervisor.start(_shell(f"test -e {server} && touch {runs} && sleep 60"), needs={"it": server.exists})
        began = time.monotonic()

        def tick() -> None:
            if time.monotonic() > began + 3:
                server.touch()
            supervisor.asked_to_stop = runs.exists() or time.monotonic() > began + 60

        supervisor.watch(tick)

        assert runs.exists()
        assert not child.ends, "it was blamed for what it missed"

    def test_a_server_that_hangs_holds_up_nothing(self, supervisor: Supervisor) -> None:
        def hang() -> bool:
            time.sleep(60)
            return False

        supervisor.start(_shell("exit 1"), needs={"it": hang})
        began = time.monotonic()

        def tick() -> None:
            supervisor.asked_to_stop = time.monotonic() > began + 1

        supervisor.watch(tick)

        assert time.monotonic() < began + 20

    def test_a_program_that_cannot_be_kept_running_is_named(self, supervisor: Supervisor, tmp_path: Path) -> None:
        supervisor.start(_shell("exit 3"), needs={"it": tmp_path.exists})

        with pytest.raises(ProgramFailed) as failed:
            supervisor.watch()

        assert str(failed.value) == f"program died {RESTARTS_A_MINUTE + 1} times within a minute; stopping"


def _shell(words: str) -> Program:
    return Program(name="program", argv=("/bin/sh", "-c", words), environment={"PATH": "/usr/bin:/bin"})
