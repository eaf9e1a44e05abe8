"""Where one instance keeps what it has: its folders, its secret, its lock."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from config import data_folder
from helpdesk.operation.processes import Account

CHECKOUT = Path(__file__).resolve().parents[2]

# A socket's path may have 107 bytes; PostgreSQL's file name takes 14 of them.
_LONGEST_SOCKET_FOLDER = 90


class HomeError(Exception):
    """One line that says why this instance's folder cannot be used."""


class AlreadyRunning(HomeError):
    """Another process has this instance."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """What a running instance tells others: its address, its environment, the pids of its children by name."""

    pid: int
    url: str
    environment: Mapping[str, str]
    children: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folder of one instance. Two checkouts, and two names in one checkout, never share one."""

    folder: Path

    @classmethod
    def of(cls, instance: str, *, within: Path | None = None, checkout: Path = CHECKOUT) -> "Home":
        """The home of the instance with this name; `within` is the folder of all instances.

        Raises HomeError when the name is not letters, digits, `_` and `-`.
        """
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", instance):
            raise HomeError(f"an instance is named by up to 40 letters, digits, _ or -, not {instance!r}")
        return cls(folder=(within or data_folder()) / f"{instance}-{_digest(checkout)[:8]}")

    @classmethod
    def running_here(cls, *, within: Path | None = None, checkout: Path = CHECKOUT) -> "list[Home]":
        """The homes of this checkout whose instance is running now."""
        folders = (within or data_folder()).glob(f"*-{_digest(checkout)[:8]}")
        return [home for home in (cls(folder=folder) for folder in sorted(folders)) if home.running()]

    @property
    def instance(self) -> str:
        return self.folder.name.rpartition("-")[0]

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics"

    @property
    def sockets(self) -> Path:
        """Inside the home when its path is fit for a socket, else a folder beside the temporary files.

        Fit is short, and without a space: redis-py cannot read what the server says of a client whose path has one.
        """
        inside = self.folder / "run"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER and not re.search(r"\s", str(inside)):
            return inside
        return Path(tempfile.gettempdir()) / f"helpdesk-{_digest(self.folder)[:16]}"

    def make(self) -> None:
        """Make the folder; other users may pass through it (the servers may be one) but not look into it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o711)
        except OSError as error:
            raise HomeError(f"cannot make the data folder {self.folder}: {error.strerror}") from error

    def make_private(self, folder: Path, *, owner: Account | None = None) -> None:
        """Make a folder that only `owner` (else we) can enter.

        Raises HomeError when it is a link or somebody else's, as it could be among the temporary files.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid not in (os.getuid(), owner.uid if owner else os.getuid()):
            raise HomeError(f"{folder} belongs to somebody else")
        if owner:
            os.chown(folder, owner.uid, owner.gid)
        folder.chmod(0o700)

    def lock(self) -> IO[str]:
        """Take this home until the returned file is closed or we end.

        Raises AlreadyRunning with the address of whoever has it. The kernel holds the lock, so it is never stale.
        """
        self.make()
        file = (self.folder / "lock").open("a")
        if not _locked(file):
            file.close()
            running = self.announced()
            where = f"already runs at {running.url}" if running and running.url else "is already starting"
            raise AlreadyRunning(f"the instance '{self.instance}' {where}; INSTANCE=name (--instance) starts another")
        # What an earlier run announced is no longer so.
        (self.folder / "running.json").unlink(missing_ok=True)
        return file

    def empty(self) -> None:
        """Delete everything in this home but its lock, which the caller holds."""
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()

    def secret_key(self) -> str:
        """The secret that signs cookies: made once, then the same at every start."""
        path = self.folder / "secret_key"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(48))
        return path.read_text().strip()

    def announce(self, running: Running) -> None:
        """Tell others of this user what runs here; it holds for as long as the lock is held."""
        _write_private(self.folder / "running.json", json.dumps(asdict(running)))

    def announced(self) -> Running | None:
        """What was announced last, whether or not it still runs."""
        try:
            return Running(**json.loads((self.folder / "running.json").read_text()))
        except (FileNotFoundError, ValueError, PermissionError):
            return None

    def running(self) -> Running | None:
        """What runs here now, None when nothing does or it has not finished starting."""
        try:
            with (self.folder / "lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self.announced()
        except OSError:
            return None
        return None


def _locked(file: IO[str]) -> bool:
    """Whether the lock is ours now; it is asked for a second, since `running` holds it for a blink."""
    for _ in range(10):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return True
    return False


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by us alone from its first byte."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)
