"""`helpdesk up`, and its parts one by one for those who run them on many machines."""

import shlex
from pathlib import Path

import click

from config import Settings
from helpdesk.commands.application import command_environment, running_instance
from helpdesk.commands.simulating import checked_faults
from helpdesk.operation import programs
from helpdesk.operation.running import WEB_PROCESSES, WORKER_PROCESSES, Wishes, bring_up

_PORT = click.IntRange(0, 65535)
_PROCESSES = click.IntRange(1, 256)


@click.command()
@click.option("--port", type=_PORT, help="Where to listen; without it 8000, or the next that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Which address to listen on.")
@click.option("--instance", help="A name of your own: each name has its own data.  [default: main, or demo]")
@click.option("--fresh", is_flag=True, help="Delete this instance's data first.")
@click.option("--demo", is_flag=True, help="Plant a believable helpdesk, and let simulated customers write to it.")
@click.option("--crowd", type=click.IntRange(0, 6000), default=6, show_default=True, help="Their messages a minute.")
@click.option(
    "--faults",
    callback=checked_faults,
    default="",
    help="What goes wrong on the demo's X: `helpdesk simulate x --help`.",
)
@click.option("--workers", type=_PROCESSES, default=WORKER_PROCESSES, show_default=True, help="Worker processes.")
@click.option("--reload", is_flag=True, help="Restart web, worker and schedule when a source file changes.")
@click.option("--verbose", is_flag=True, help="Show what PostgreSQL and Valkey say, too.")
@click.option(
    "--data-folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where instances keep their data.  [default: DATA_FOLDER, else /var/lib/helpdesk for root and "
    "~/.local/share/helpdesk for others]",
)
def up(
    port: int | None,
    host: str,
    instance: str | None,
    fresh: bool,
    demo: bool,
    crowd: int,
    faults: str,
    workers: int,
    reload: bool,
    verbose: bool,
    data_folder: Path | None,
) -> None:
    """Run everything on this machine, until Ctrl-C.

    Web, workers and schedule under one supervisor that starts again what dies. Without DATABASE_URL and REDIS_URL
    a private PostgreSQL and Valkey are started as well; their data stays for the next start.
    """
    wishes = Wishes(
        instance=instance or ("demo" if demo else "main"),
        host=host,
        port=port,
        fresh=fresh,
        demo=demo,
        crowd=crowd,
        faults=faults,
        workers=workers,
        reload=reload,
        verbose=verbose,
        data_folder=data_folder.resolve() if data_folder else None,
    )
    bring_up(wishes, say=click.echo)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Which address to listen on.")
@click.option("--port", type=_PORT, default=8000, show_default=True, help="Where to listen.")
@click.option("--processes", type=_PROCESSES, default=WEB_PROCESSES, show_default=True)
def web(host: str, port: int, processes: int) -> None:
    """Serve the pages, the API and the webhooks."""
    programs.become(programs.web(_checked_environment(), host=host, port=port, processes=processes))


@click.command()
@click.option("--processes", type=_PROCESSES, default=WORKER_PROCESSES, show_default=True)
def worker(processes: int) -> None:
    """Carry messages in and replies out."""
    programs.become(programs.worker(_checked_environment(), processes=processes))


@click.command()
def schedule() -> None:
    """Start the periodic jobs at their times.

    A second one elsewhere does no harm: each job is guarded by a row in the database.
    """
    programs.become(programs.schedule(_checked_environment()))


@click.command()
@click.option("--instance", help="Which, when several run.")
def env(instance: str | None) -> None:
    """Print the environment of the running instance.

    So that other programs reach its database and Redis:

        eval "$(helpdesk env)" && psql "$DATABASE_URL"
    """
    for name, value in running_instance(instance).environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _checked_environment() -> dict[str, str]:
    """Raises SettingsError here, in one line, rather than deep inside the program that we become."""
    environment = command_environment()
    Settings.from_environment(environment)
    return environment
