"""The whole product as `helpdesk up` runs it, seen from outside: for browsers and for faults."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from config import environment
from helpdesk.operation.home import CHECKOUT, Home, Running
from helpdesk.operation.processes import Program, start

WITHIN_SECONDS = 120


class Stack:
    """One instance. `started` and `stop` are the fixture's business; the rest is for tests."""

    def __init__(self, *, environment: Mapping[str, str], folder: str = "data", workers: int = 2) -> None:
        self._environment, self._workers = environment, workers
        # Where the database's user may pass; a test's own folder is closed to others.
        self._made = Path(tempfile.mkdtemp(prefix="helpdesk-stack-"))
        self._made.chmod(0o711)
        self._data = self._made / folder
        self._data.mkdir()
        self.home = Home.of("stack", within=self._data)
        self._log = self._data / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Stack":
        """Start it, or start it again; returns when it answers."""
        with self._log.open("ab") as log:
            # It goes when the tests go, however they end.
            self._process = start(self._program, output=log)
        self.wait_until(lambda: self.home.running() is not None)
        return self

    @property
    def running(self) -> Running:
        found = self.home.running()
        assert found is not None, f"the stack does not run:\n{self.log}"
        return found

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return self.running.url

    @property
    def env(self) -> dict[str, str]:
        """The settings it runs with, DATABASE_URL and REDIS_URL among them: for create_app or a command of ours."""
        return dict(self.running.environment)

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text(errors="replace")

    def pid(self, name: str) -> int:
        """The process of web, worker, schedule, and when it embeds them of postgres and valkey."""
        return self.running.children[name]

    def kill(self, name: str) -> int:
        """kill -9 a program and everything that it forked; the supervisor starts it again. The pid that was."""
        pid = self.pid(name)
        os.killpg(pid, signal.SIGKILL)
        return pid

    def restart(self, name: str) -> None:
        """kill -9, and wait until it is back (web: until it answers)."""
        pid = self.kill(name)
        self.wait_until(lambda: self.pid(name) != pid)
        self.wait_until(self.answers)

    def freeze(self, name: str) -> None:
        """Stop a program in its tracks: it neither works nor dies."""
        os.killpg(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.killpg(self.pid(name), signal.SIGCONT)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `helpdesk` with these words against this stack."""
        return subprocess.run(
            [sys.executable, "-m", "helpdesk.cli", *words],
            cwd=CHECKOUT,
            env=environment() | self.env,
            capture_output=True,
            text=True,
        )

    def second_start(self) -> "subprocess.CompletedProcess[str]":
        """What `helpdesk up` says to one more of the same."""
        again = self._program
        return subprocess.run(again.argv, cwd=again.folder, env=again.environment, capture_output=True, text=True)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until(self, happens: Callable[[], object], *, seconds: float = WITHIN_SECONDS) -> None:
        """Return when `happens()` is true. Raises AssertionError, with the log, when it is not in time."""
        until = time.monotonic() + seconds
        while not happens():
            assert self._process is not None
            assert self._process.poll() is None, f"the stack ended with {self._process.returncode}:\n{self.log}"
            assert time.monotonic() < until, f"waited {seconds} seconds in vain:\n{self.log}"
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Ctrl-C, and wait for the end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=WITHIN_SECONDS)

    def kill_supervisor(self) -> None:
        """kill -9 `helpdesk up` itself."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, if it still runs, and delete what it kept."""
        if self._process and self._process.poll() is None:
            self.interrupt()
        for folder in (self.home.sockets, self._made):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _program(self) -> Program:
        ours = {name: value for name, value in environment().items() if name not in ("DATABASE_URL", "REDIS_URL")}
        options = (
            "--instance",
            "stack",
            "--data-folder",
            str(self._data),
            "--port",
            "0",
            "--workers",
            str(self._workers),
        )
        return Program(
            name="up",
            argv=(sys.executable, "-m", "helpdesk.cli", "up", *options),
            environment=ours | dict(self._environment),
            folder=CHECKOUT,
            stop_with=signal.SIGINT,
        )
