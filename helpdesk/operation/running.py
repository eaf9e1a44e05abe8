"""`helpdesk up`: everything that one machine needs, started in order under one supervisor."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import Settings, environment
from helpdesk.operation import programs, readiness
from helpdesk.operation.changes import SourceFiles
from helpdesk.operation.embedded import EmbeddedPostgres, EmbeddedValkey, embedded_servers
from helpdesk.operation.home import Home, HomeError, Running
from helpdesk.operation.supervisor import Needs, Stopped, Supervisor

DEFAULT_PORT = 8000
# What a command that speaks to a running instance needs of its environment.
_TOLD = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FILES_FOLDER", "PUBLIC_URL", "DEMO"),
    *("X_API_URL", "X_MEDIA_HOSTS", "X_TIME_SCALE", "ALLOW_PRIVATE_ADDRESSES"),
)
WEB_PROCESSES = 2
WORKER_PROCESSES = 2


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the operator asked for. Without a port: the first free one from 8000 on.

    `crowd` is messages a minute, `faults` what goes wrong on the demo's X.
    """

    instance: str
    host: str = "127.0.0.1"
    port: int | None = None
    fresh: bool = False
    demo: bool = False
    crowd: int = 0
    faults: str = ""
    workers: int = WORKER_PROCESSES
    reload: bool = False
    verbose: bool = False
    data_folder: Path | None = None


def bring_up(wishes: Wishes, *, say: Callable[[str], None]) -> None:
    """Run until asked to stop.

    Raises AlreadyRunning, HomeError, ServerError, NotReady or SettingsError before anything has started, and
    ProgramFailed when something could not be kept running; whatever was started is then stopped.
    """
    home = Home.of(wishes.instance, within=wishes.data_folder)
    with _taken(home, wishes), Supervisor(verbose=wishes.verbose) as supervisor:
        try:
            _Start(wishes, home, supervisor, say).run()
        except Stopped:
            say("stopped while starting")
        say("stopping")


class _Start:
    """One start, step by step."""

    def __init__(self, wishes: Wishes, home: Home, supervisor: Supervisor, say: Callable[[str], None]) -> None:
        self.wishes, self.home, self.supervisor, self.say = wishes, home, supervisor, say
        self.environment: dict[str, str] = {}
        self.needs: Needs = {}
        self.url = ""

    def run(self) -> None:
        port = self._choose_port()
        self.url = f"http://{_shown(self.wishes.host)}:{port}"
        self.environment = self._environment(*self._servers())
        Settings.from_environment(self.environment)
        self._run_to_end("migrate", "bringing the database up to date")
        greeting = self._run_to_end("seed", "planting the demo") if self.wishes.demo else []
        self._programs(port)
        self._announce()
        self.supervisor.on_change = self._announce
        self._greet(greeting)
        self.supervisor.watch(self._restart_what_changed() if self.wishes.reload else lambda: None)

    def _choose_port(self) -> int:
        if self.wishes.port is not None:
            return readiness.require_free(self.wishes.host, self.wishes.port)
        port = readiness.free_port(self.wishes.host, DEFAULT_PORT)
        if port != DEFAULT_PORT:
            self.say(f"port {DEFAULT_PORT} is in use, taking {port}")
        return port

    def _servers(self) -> tuple[str, str]:
        """The URLs of the database and of Redis: those given, else of private servers, which are started."""
        given = environment()
        database_url, redis_url = given.get("DATABASE_URL", ""), given.get("REDIS_URL", "")
        if database_url:
            self.say(f"using {readiness.require_postgres(database_url)} of DATABASE_URL")
        if redis_url:
            self.say(f"using {readiness.require_redis(redis_url)} of REDIS_URL")
        if not (database_url and redis_url):
            postgres, valkey = embedded_servers(self.home)
            database_url = database_url or self._started(postgres, "starting PostgreSQL")
            redis_url = redis_url or self._started(valkey, "starting Valkey")
        self.needs = {
            "the database": lambda: readiness.holds(readiness.require_postgres, database_url),
            "Redis": lambda: readiness.holds(readiness.require_redis, redis_url),
        }
        return database_url, redis_url

    def _started(self, server: EmbeddedPostgres | EmbeddedValkey, what: str) -> str:
        self.say(what)
        child = self.supervisor.start(server.prepare())
        self.supervisor.wait_until(server.is_ready, of=child, seconds=120)
        return server.url

    def _environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        """What our programs are started with: what was given, and what was not is made or kept in the home."""
        made = {
            "SECRET_KEY": self.home.secret_key(),
            "FILES_FOLDER": str(self.home.files),
            "PUBLIC_URL": self.url,
            "PROMETHEUS_MULTIPROC_DIR": str(self.home.metrics),
        }
        given = {name: value for name, value in environment().items() if value}
        servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        return made | given | servers | ({"DEMO": "1"} if self.wishes.demo else {})

    def _run_to_end(self, name: str, what: str) -> list[str]:
        self.say(what)
        return self.supervisor.run(programs.command(self.environment, name))

    def _programs(self, port: int) -> None:
        self.home.make_private(self.home.files)
        _emptied(self.home.metrics)
        if self.wishes.demo:
            self._start_simulator()
        self.say("starting web, worker and schedule")
        host = self.wishes.host
        web = programs.web(self.environment, host=host, port=port, processes=WEB_PROCESSES)
        child = self.supervisor.start(web, needs=self.needs)
        self.supervisor.start(programs.worker(self.environment, processes=self.wishes.workers), needs=self.needs)
        self.supervisor.start(programs.schedule(self.environment), needs=self.needs)
        self.supervisor.wait_until(lambda: readiness.answers(_shown(host), port), of=child, seconds=120)

    def _start_simulator(self) -> None:
        port = readiness.require_free("127.0.0.1", 0)
        self.environment |= {
            "X_API_URL": f"http://127.0.0.1:{port}",
            "X_MEDIA_HOSTS": "127.0.0.1",
            "ALLOW_PRIVATE_ADDRESSES": "1",
        }
        wishes = self.wishes
        self.supervisor.start(programs.simulator(self.environment, port=port, crowd=wishes.crowd, faults=wishes.faults))

    def _announce(self) -> None:
        children = {child.program.name: child.process.pid for child in self.supervisor.children}
        told = {name: self.environment[name] for name in _TOLD if name in self.environment}
        self.home.announce(Running(pid=os.getpid(), url=self.url, environment=told, children=children))

    def _greet(self, greeting: list[str]) -> None:
        self.say(f"ready at {self.url}")
        for line in greeting:
            self.say(line)
        self.say(f"data in {self.home.folder}; Ctrl-C ends it")

    def _restart_what_changed(self) -> Callable[[], None]:
        sources = SourceFiles()

        def look() -> None:
            if sources.have_changed():
                for name in ("web", "worker", "schedule"):
                    self.supervisor.restart(name)

        return look


@contextmanager
def _taken(home: Home, wishes: Wishes) -> Iterator[None]:
    """Hold the home; make it empty first when asked."""
    if wishes.fresh and environment().get("DATABASE_URL"):
        raise HomeError("--fresh empties only the built-in database; unset DATABASE_URL, or empty yours yourself")
    with home.lock():
        if wishes.fresh:
            home.empty()
        yield


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def _shown(host: str) -> str:
    """An address that a browser on this machine can open."""
    return "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 -- compared, not listened on


def environment_of(running: Running) -> Mapping[str, str]:
    """Ours, with what the running instance was started with."""
    return environment() | dict(running.environment)
