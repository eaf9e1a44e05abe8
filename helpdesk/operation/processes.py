"""Start a program as a child that cannot outlive us."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Loaded before any fork: a child between fork and exec must not load a library.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of this machine, as whom a program runs."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        entry = pwd.getpwnam(name)
        return cls(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to start, as whom, and how to end it.

    `grace` is in seconds, from `stop_with` to SIGKILL. The lines of a quiet program are shown only when it
    ends by itself.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path = Path("/")
    account: Account | None = None
    stop_with: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    quiet: bool = False


def start(program: Program, *, output: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """The running child: own process group, no input, output and errors together (into a pipe unless told).

    Call it from the main thread: the kernel ends the child when the *thread* that started it ends.
    """
    account = program.account
    return subprocess.Popen(
        program.argv,
        env=dict(program.environment),
        cwd=program.folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        # Ctrl-C in the terminal reaches only us; the children are then stopped in order.
        process_group=0,
        preexec_fn=_die_with(os.getpid(), program.stop_with),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def end_with_parent(death_signal: signal.Signals) -> None:
    """Have the kernel send this process `death_signal` when its parent is gone; nothing where it cannot."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        end_with_parent(death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
