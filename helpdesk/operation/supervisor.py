"""Start programs in order, show what they say, start again what dies, stop them in reverse order."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from helpdesk.operation.processes import Program, start

RESTARTS_A_MINUTE = 5
_TICK = 0.1
_SHORTEST_PAUSE = 0.2
_REMEMBERED_LINES = 40


class Stopped(Exception):
    """Somebody asked us to stop (Ctrl-C, SIGTERM, SIGHUP)."""


class ProgramFailed(Exception):
    """One line that names the program that could not be kept running."""


Needs = Mapping[str, Callable[[], bool]]
"""What a program cannot run without, by name, each with whether it is there."""


@dataclass(kw_only=True)
class Child:
    """A program and its process of the moment."""

    program: Program
    process: subprocess.Popen[bytes]
    needs: Needs
    unfinished: bytes = b""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_LINES))
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_A_MINUTE + 1))
    start_again_at: float | None = None
    look: "_Look | None" = None
    """While it is down, and what it needs is being looked for."""

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


class _Look:
    """Looks for what a program needs beside everything else: a server that hangs answers after seconds."""

    def __init__(self, needs: Needs) -> None:
        self.missed: list[str] | None = None
        """What is not there; None while nobody knows."""
        threading.Thread(target=self._look, args=(needs,), daemon=True).start()

    def _look(self, needs: Needs) -> None:
        self.missed = [name for name, is_there in needs.items() if not is_there()]


class Supervisor:
    """Use it as a context: leaving it, however that happens, ends every child."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self.children: list[Child] = []
        self.asked_to_stop = 0
        self.on_change: Callable[[], None] = lambda: None
        self._output = selectors.DefaultSelector()

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()
        self._output.close()

    def start(self, program: Program, *, needs: Needs | None = None) -> Child:
        """Start one more child; when it dies while `watch` runs it is started again, once what it needs is there."""
        child = Child(program=program, process=start(program), needs=needs or {})
        self._listen(child)
        self.children.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool], *, of: Child, seconds: float) -> None:
        """Return when `ready()`. Raises ProgramFailed when the child ends before, or `seconds` have passed."""
        until = time.monotonic() + seconds
        while not ready():
            self._pass_on_output()
            if not of.is_running:
                raise self._failed(of, f"ended with code {of.process.returncode} while starting")
            if time.monotonic() > until:
                raise self._failed(of, f"was not ready after {seconds:.0f} seconds")
            self._stop_if_asked()

    def run(self, program: Program) -> list[str]:
        """Run a program to its end; its last lines. Raises ProgramFailed when it ends with anything but 0."""
        child = Child(program=program, process=start(program), needs={})
        self._listen(child)
        try:
            while child.is_running:
                self._pass_on_output()
                self._stop_if_asked()
            self._take_rest(child)
        finally:
            self._end(child)
        if child.process.returncode != 0:
            raise self._failed(child, f"ended with code {child.process.returncode}")
        return list(child.said)

    def watch(self, every_tick: Callable[[], None] = lambda: None) -> None:
        """Pass on output and start again what dies, until asked to stop.

        Raises ProgramFailed when one child died more than five times within a minute while it had what it needs.
        """
        while not self.asked_to_stop:
            self._pass_on_output()
            for child in self.children:
                self._keep_running(child)
            every_tick()

    def restart(self, name: str) -> None:
        """Ask a child to go; `watch` starts it again at once, and it does not count as a death."""
        for child in self.children:
            if child.program.name == name and child.is_running:
                self._end(child)
                self._start_again(child)

    def stop_all(self) -> None:
        """End the children in reverse order of their start; a second request to stop kills at once."""
        for child in reversed(self.children):
            self._end(child)
        self.children.clear()

    def _keep_running(self, child: Child) -> None:
        if child.is_running or time.monotonic() < (child.start_again_at or 0.0):
            return
        if child.look is None:
            child.look = _Look(child.needs)
        missed = child.look.missed
        if missed is None:
            return
        child.look = None
        if child.start_again_at is None:
            self._take_rest(child)
            self._show_what_a_quiet_one_said(child)
            child.start_again_at = time.monotonic() + self._note_end(child, missed)
        elif missed:
            child.start_again_at = time.monotonic() + _SHORTEST_PAUSE
        else:
            self._start_again(child)

    def _note_end(self, child: Child, missed: Sequence[str]) -> float:
        """Say that it ended by itself; for how many seconds it is left alone. It is not to blame for what it misses."""
        ended, now = f"{child.program.name} ended ({_how(child.process.returncode)})", time.monotonic()
        if missed:
            _say(f"{ended}; starting it again when {' and '.join(missed)} can be reached")
            return 0.0
        child.ends.append(now)
        if len(child.ends) > RESTARTS_A_MINUTE and now - child.ends[0] < 60:
            raise self._failed(child, f"died {len(child.ends)} times within a minute")
        _say(f"{ended}; starting it again")
        return _SHORTEST_PAUSE * 2.0 ** (sum(now - end < 60 for end in child.ends) - 1)

    def _start_again(self, child: Child) -> None:
        self._unlisten(child)
        _kill_group(child.process.pid)
        child.process = start(child.program)
        child.start_again_at = None
        child.said.clear()
        self._listen(child)
        self.on_change()

    def _end(self, child: Child) -> None:
        """Ask it to stop, wait for its grace, then kill whatever is left of its group."""
        if child.is_running:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(child.program.stop_with)
            until = time.monotonic() + child.program.grace
            while child.is_running and time.monotonic() < until and self.asked_to_stop < 2:
                self._pass_on_output()
        _kill_group(child.process.pid)
        child.process.wait()
        self._take_rest(child)
        self._unlisten(child)

    def _listen(self, child: Child) -> None:
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._output.register(child.process.stdout, selectors.EVENT_READ, child)

    def _unlisten(self, child: Child) -> None:
        if child.process.stdout and not child.process.stdout.closed:
            with contextlib.suppress(KeyError):
                self._output.unregister(child.process.stdout)
            child.process.stdout.close()

    def _pass_on_output(self) -> None:
        if not self._output.get_map():
            time.sleep(_TICK)
            return
        for key, _ in self._output.select(timeout=_TICK):
            self._take(key.data)

    def _take(self, child: Child) -> bool:
        """Read once; False when there was nothing more. A closed pipe is no longer listened to."""
        assert child.process.stdout is not None
        try:
            read = os.read(child.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        *lines, child.unfinished = (child.unfinished + read).split(b"\n")
        if not read:
            self._output.unregister(child.process.stdout)
            lines, child.unfinished = [child.unfinished] if child.unfinished else [], b""
        for line in lines:
            self._show(child, line.decode(errors="replace").rstrip())
        return bool(read)

    def _take_rest(self, child: Child) -> None:
        while child.process.stdout in self._listened_to() and self._take(child):
            pass

    def _listened_to(self) -> set[object]:
        return {key.fileobj for key in self._output.get_map().values()}

    def _show(self, child: Child, line: str) -> None:
        child.said.append(line)
        if self.verbose or not child.program.quiet:
            _say(f"{child.program.name:<9}| {line}")

    def _show_what_a_quiet_one_said(self, child: Child) -> None:
        if child.program.quiet and not self.verbose:
            for line in child.said:
                _say(f"{child.program.name:<9}| {line}")

    def _failed(self, child: Child, what: str) -> ProgramFailed:
        self._take_rest(child)
        self._show_what_a_quiet_one_said(child)
        return ProgramFailed(f"{child.program.name} {what}; stopping")

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _stop_if_asked(self) -> None:
        if self.asked_to_stop:
            raise Stopped


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def _say(line: str) -> None:
    # The terminal may be gone while the children still want an orderly end.
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
