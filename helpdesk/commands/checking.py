"""`helpdesk check`: is all well with what the settings name?"""

import os
from collections.abc import Callable

import click

from config import Settings
from helpdesk.commands.application import application, command_environment
from helpdesk.operation import readiness
from helpdesk.operation.migrating import pending_migrations


@click.command()
def check() -> None:
    """Say what is wrong with settings, database, Redis, migrations.

    One line for each. Exit code 0 when all is well, 1 when something is not.
    """
    settings = Settings.from_environment(command_environment())
    click.echo("settings    ok")
    looks = (
        _look("database", lambda: readiness.require_postgres(settings.database_url)),
        _look("redis", lambda: readiness.require_redis(settings.redis_url)),
        _look("files", lambda: _require_writable(settings)),
    )
    if not all(looks) or not _look("migrations", _require_migrations):
        raise SystemExit(1)


def _look(name: str, found: Callable[[], str]) -> bool:
    try:
        click.echo(f"{name:<12}ok, {found()}")
    except readiness.NotReady as error:
        click.echo(f"{name:<12}{error}")
        return False
    return True


def _require_writable(settings: Settings) -> str:
    folder = settings.files_folder
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise readiness.NotReady(f"FILES_FOLDER: {folder} is not a folder that we can write to")
    return str(folder)


def _require_migrations() -> str:
    with application() as app:
        pending = pending_migrations(app)
    if pending:
        raise readiness.NotReady(f"{len(pending)} to run: `helpdesk migrate`")
    return "none to run"
