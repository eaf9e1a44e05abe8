"""The product's own programs: how each is started, by `helpdesk up` and by the commands of the same name."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from helpdesk.operation.home import CHECKOUT
from helpdesk.operation.processes import Program

# By path: a module name would import the whole package before gevent has patched the standard library,
# and psycopg would then block every request of a process while one waits for the database.
_GUNICORN_CONFIGURATION = CHECKOUT / "helpdesk" / "gunicorn_conf.py"


def web(environment: Mapping[str, str], *, host: str, port: int, processes: int) -> Program:
    argv = ("gunicorn", "--config", str(_GUNICORN_CONFIGURATION), "--bind", f"{host}:{port}")
    return _python("web", *argv, "--workers", str(processes), "helpdesk:create_app()", environment=environment)


def worker(environment: Mapping[str, str], *, processes: int) -> Program:
    return _python("worker", "worker", "--processes", str(processes), environment=environment)


def schedule(environment: Mapping[str, str]) -> Program:
    """The periodic jobs' clock; cron fields are read in the process's zone, so that is UTC."""
    # In the environment, since an argument is shown to every user of the machine.
    redis_url = environment["REDIS_URL"].replace("redis+unix:", "unix:")
    told = {**environment, "TZ": "UTC", "RQ_REDIS_URL": redis_url}
    return _python("schedule", "rq.cli", "cron", "worker.schedule", "--logging-level", "WARNING", environment=told)


def simulator(environment: Mapping[str, str], *, port: int, crowd: int, faults: str) -> Program:
    """The stand-in for X on this port, and a crowd that writes so many messages a minute."""
    return _python(
        "simulator",
        *("helpdesk.demo", "--port", str(port), "--crowd", str(crowd), "--faults", faults),
        environment=environment,
    )


def command(environment: Mapping[str, str], *words: str) -> Program:
    """`helpdesk` with these words, run as a child; what it says is shown only when it fails."""
    return _python(words[0], "helpdesk.cli", *words, environment=environment, quiet=True)


def become(program: Program) -> NoReturn:
    """Turn this process into that program."""
    os.chdir(program.folder)
    os.execvpe(program.argv[0], program.argv, dict(program.environment))  # noqa: S606 -- no shell is wanted


def _python(name: str, module: str, *words: str, environment: Mapping[str, str], quiet: bool = False) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-m", module, *words),
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        folder=CHECKOUT,
        quiet=quiet,
    )
