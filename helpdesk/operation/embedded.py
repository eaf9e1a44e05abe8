"""A private PostgreSQL and a private Valkey, from the installed packages.

Both listen on a socket in a folder of their own and on no port. When we are root they run as `nobody`.
"""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from helpdesk.operation.home import Home
from helpdesk.operation.processes import Account, Program
from helpdesk.operation.server_files import ServerError, ServerFiles, require_passage, server_account, server_files

# Nothing of the caller's locale or PG… variables reaches the servers.
_CLEAN = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For databases that nobody will miss after a power cut. kill -9 still loses nothing.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgres:
    """PostgreSQL with one superuser and one database, both named `helpdesk`."""

    home: Home
    files: ServerFiles
    account: Account | None
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        return self.url_of("helpdesk")

    def url_of(self, database: str) -> str:
        return f"postgresql://helpdesk@/{database}?host={quote(str(self.home.sockets), safe='/')}"

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    def prepare(self) -> Program:
        """Make the data folder when there is none; the program to start."""
        self.home.make_private(self.home.postgres, owner=self.account)
        if not self.data.exists():
            self._initialise()
        _forget_stale_pid(self.data / "postmaster.pid")
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(
                str(self.files.postgres_programs / "postgres"),
                *("-D", str(self.data)),
                *("-k", '"' + str(self.home.sockets).replace('"', '""') + '"'),
                *options,
            ),
            environment=_CLEAN,
            account=self.account,
            # SIGTERM waits for every client to leave; SIGINT sends them away.
            stop_with=signal.SIGINT,
            grace=20.0,
            quiet=True,
        )

    def is_ready(self) -> bool:
        """Whether the database answers; makes the `helpdesk` database at the first yes."""
        try:
            with psycopg.connect(self.url_of("postgres"), connect_timeout=2, autocommit=True) as connection:
                if not connection.execute("select 1 from pg_database where datname = 'helpdesk'").fetchone():
                    connection.execute("create database helpdesk")
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        draft = self.home.postgres / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        account = self.account
        made = subprocess.run(
            [
                str(self.files.postgres_programs / "initdb"),
                *("--pgdata", str(draft), "--username", "helpdesk", "--auth", "trust", "--encoding", "UTF8"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--no-sync"),
            ],
            env=_CLEAN,
            cwd="/",
            capture_output=True,
            text=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if made.returncode != 0:
            last = (made.stderr.strip() or made.stdout.strip() or "no reason given").splitlines()[-1]
            raise ServerError(f"initdb could not make the database: {last}")
        # Only a finished folder gets the name that the next start looks for.
        draft.rename(self.data)


@dataclass(frozen=True, kw_only=True)
class EmbeddedValkey:
    """Valkey that keeps an append-only file and never evicts."""

    home: Home
    files: ServerFiles
    account: Account | None

    @property
    def socket(self) -> Path:
        return self.home.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, number: int) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}?db={number}"

    def prepare(self) -> Program:
        """Write its configuration; the program to start."""
        self.home.make_private(self.home.valkey, owner=self.account)
        # After a kill -9 of ours the last one may still be leaving; two must never write one file.
        if not _wait_while(self.is_ready, seconds=5):
            raise ServerError(f"another Valkey still answers at {self.socket}; end it first")
        self.socket.unlink(missing_ok=True)
        configuration = self.home.valkey / "valkey.conf"
        configuration.write_text(self._configuration())
        configuration.chmod(0o644)
        return Program(
            name="valkey",
            argv=(str(self.files.valkey), str(configuration)),
            environment=_CLEAN,
            account=self.account,
            quiet=True,
        )

    def is_ready(self) -> bool:
        """Whether it answers and has read its file back."""
        client = Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def _configuration(self) -> str:
        return "\n".join(
            (
                "port 0",
                f"unixsocket {_quoted(self.socket)}",
                "unixsocketperm 700",
                f"dir {_quoted(self.home.valkey)}",
                "databases 64",
                'save ""',
                "appendonly yes",
                "appendfsync everysec",
                "maxmemory-policy noeviction",
                "loglevel notice",
                "",
            )
        )


def embedded_servers(home: Home, *, throwaway: bool = False) -> tuple[EmbeddedPostgres, EmbeddedValkey]:
    """The two servers of a home, not started; makes the folder that will hold their sockets."""
    account = server_account()
    home.make()
    require_passage(home.folder, account)
    home.make_private(home.sockets, owner=account)
    files = server_files()
    settings = {**POSTGRES_SETTINGS, **(THROWAWAY_SETTINGS if throwaway else {})}
    return (
        EmbeddedPostgres(home=home, files=files, account=account, settings=settings),
        EmbeddedValkey(home=home, files=files, account=account),
    )


def _forget_stale_pid(path: Path) -> None:
    """Remove a pid file whose pid is now another program's, as after a restart of the machine.

    PostgreSQL takes any live process of its user for a server on the same data and refuses to start. A file
    with a dead pid stays: PostgreSQL reads from it whether an orphaned connection still has its memory.
    """
    try:
        pid = int(path.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    command = _command_of(pid)
    if command and b"postgres" not in command:
        path.unlink()
    else:
        _wait_while(lambda: bool(_command_of(pid)), seconds=5)


def _command_of(pid: int) -> bytes:
    """The name with which this process was started; empty when it is gone, or where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return b""


def _wait_while(still: Callable[[], bool], *, seconds: float) -> bool:
    """Whether it ended in time."""
    until = time.monotonic() + seconds
    while still():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
