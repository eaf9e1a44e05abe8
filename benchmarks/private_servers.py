"""A PostgreSQL, a Valkey and our own programs for one benchmark, apart from everything else on the machine.

The servers keep what they are told as in production: nothing is switched off for speed.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from flask import Flask
from sqlalchemy import make_url, text
from sqlalchemy.engine import create_engine

from benchmarks.x_calls import HOST
from config import Settings, environment
from helpdesk import create_app
from helpdesk.operation import programs, readiness
from helpdesk.operation.embedded import EmbeddedPostgres, EmbeddedValkey, embedded_servers
from helpdesk.operation.home import Home
from helpdesk.operation.migrating import migrate
from helpdesk.operation.processes import Program, start
from helpdesk.operation.running import WEB_PROCESSES

# Whoever starts a benchmark may have a helpdesk of their own: its servers are not to be touched.
_NOT_OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "FILES_FOLDER",
    "PUBLIC_URL",
    "DEMO",
    "PROMETHEUS_MULTIPROC_DIR",
)


class PrivateServers:
    """`with PrivateServers() as servers:` has a migrated, empty database; all of it is gone afterwards."""

    def __init__(self) -> None:
        self._undo = ExitStack()

    def __enter__(self) -> "PrivateServers":
        with ExitStack() as undo:
            # The database's user must be able to pass through: a folder of mkdtemp is closed, Home opens it.
            self._home = Home(folder=Path(tempfile.mkdtemp(prefix="helpdesk-bench-")))
            undo.callback(shutil.rmtree, self._home.folder, ignore_errors=True)
            postgres, valkey = embedded_servers(self._home)
            undo.callback(shutil.rmtree, self._home.sockets, ignore_errors=True)
            self._undo = undo
            self._start_server(postgres)
            self._start_server(valkey)
            self.database_url, self.redis_url = postgres.url, valkey.url
            self.app = self._app()
            migrate(self.app)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """What our programs are started with."""
        given = {name: value for name, value in environment().items() if name not in _NOT_OURS}
        return given | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self._home.secret_key(),
            "FILES_FOLDER": str(self._home.files),
            "LOG_LEVEL": "WARNING",
        }

    def copy_database(self, name: str) -> str:
        """The URL of a copy of the database as it is now; nobody may be connected to it meanwhile."""
        url = make_url(self.settings.database_url)
        engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'drop database if exists "{name}" with (force)'))
            connection.execute(text(f'create database "{name}" template "{url.database}"'))
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    def app_on(self, database_url: str) -> Flask:
        """Another application, bound to another database of this server."""
        return create_app(replace(self.settings, database_url=database_url))

    def start_web(self, *, processes: int = WEB_PROCESSES, settings: Mapping[str, str] | None = None) -> int:
        """The product's web server as `helpdesk up` starts it, with these settings besides; its port."""
        port = readiness.require_free(HOST, 0)
        told = self.environment | dict(settings or {})
        self._start_web_program(programs.web(told, host=HOST, port=port, processes=processes), port)
        return port

    def start_bare(self, application: str, settings: Mapping[str, str], *, processes: int = WEB_PROCESSES) -> int:
        """Another application on the same server with the same configuration; its port."""
        port = readiness.require_free(HOST, 0)
        like = programs.web(self.environment, host=HOST, port=port, processes=processes)
        argv = (*like.argv[:-1], application)
        self._start_web_program(replace(like, name="bare", argv=argv, environment=like.environment | settings), port)
        return port

    def start_worker(self, *, processes: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """A worker pool, beside any that runs; returns when its workers wait for work."""
        from redis import Redis
        from rq import Worker

        with Redis.from_url(self.redis_url) as client:
            wanted = len(Worker.all(connection=client)) + processes
            child = self._start(programs.worker(self.environment | dict(settings or {}), processes=processes))
            self._wait(lambda: len(Worker.all(connection=client)) >= wanted, child, "worker")

    def start_x(self, *words: str) -> str:
        """A stand-in of X, started with these words besides its port; its address."""
        port = readiness.require_free(HOST, 0)
        argv = (sys.executable, "-m", "helpdesk.cli", "simulate", "x", "--port", str(port), *words)
        like = programs.worker(self.environment, processes=1)
        self._wait(lambda: _listens(port), self._start(replace(like, name="x", argv=argv)), "x")
        return f"http://{HOST}:{port}"

    def _app(self) -> Flask:
        self._home.make_private(self._home.files)
        return create_app(self.settings)

    def _start_server(self, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        program = server.prepare()
        self._wait(server.is_ready, self._start(program), program.name)

    def _start_web_program(self, program: Program, port: int) -> None:
        self._wait(lambda: readiness.answers(HOST, port), self._start(program), program.name)

    def _start(self, program: Program) -> "subprocess.Popen[bytes]":
        with self._log(program.name).open("wb") as log:
            child = start(program, output=log)
        self._undo.callback(_stop, child, program)
        return child

    def _wait(self, happens: Callable[[], bool], child: "subprocess.Popen[bytes]", name: str) -> None:
        until = time.monotonic() + 60
        while not happens():
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} did not start:\n{self._log(name).read_text(errors='replace')}")
            time.sleep(0.05)

    def _log(self, name: str) -> Path:
        return self._home.folder / f"{name}.log"


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _stop(child: "subprocess.Popen[bytes]", program: Program) -> None:
    """End a program and what it forked, and no other."""
    child.send_signal(program.stop_with)
    try:
        child.wait(timeout=program.grace)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        child.wait()
