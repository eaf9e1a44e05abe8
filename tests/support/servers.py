"""The PostgreSQL and the Redis that tests run against: those given in the environment, else private ones."""

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from config import environment
from helpdesk.operation.embedded import EmbeddedPostgres, EmbeddedValkey, embedded_servers
from helpdesk.operation.home import Home
from helpdesk.operation.processes import start


@dataclass(frozen=True, kw_only=True)
class Servers:
    """`database_url` may create databases; of Redis, tests use and flush the databases 1 to 15."""

    database_url: str
    redis_url: str


class TestServers:
    """Servers for one run of the tests, all workers included."""

    __test__ = False

    def __init__(self) -> None:
        self._undo = ExitStack()

    def start(self) -> Servers:
        given = environment()
        database_url, redis_url = given.get("DATABASE_URL"), given.get("REDIS_URL")
        if not database_url or not redis_url:
            postgres, valkey = self._servers()
            database_url = database_url or self._started(postgres)
            redis_url = redis_url or self._started(valkey)
        return Servers(database_url=database_url, redis_url=redis_url)

    def stop(self) -> None:
        self._undo.close()

    def _servers(self) -> tuple[EmbeddedPostgres, EmbeddedValkey]:
        folder = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
        self._undo.callback(shutil.rmtree, folder)
        home = Home(folder=folder)
        postgres, valkey = embedded_servers(home, throwaway=True)
        self._undo.callback(shutil.rmtree, home.sockets, ignore_errors=True)
        return postgres, valkey

    def _started(self, server: EmbeddedPostgres | EmbeddedValkey) -> str:
        program = server.prepare()
        log_path = server.home.folder / f"{program.name}.log"
        with log_path.open("wb") as log:
            process = start(program, output=log)
        self._undo.callback(_stopped, process)
        until = time.monotonic() + 30
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{program.name} for the tests did not start:\n{log_path.read_text()}")
            time.sleep(0.02)
        return server.url


def _stopped(process: "Popen[bytes]") -> None:
    # What it holds is thrown away next: no need to let it finish.
    process.kill()
    process.wait()
