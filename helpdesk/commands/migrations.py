"""`helpdesk migrate`, and `helpdesk migration` for those who change models."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config import Settings
from helpdesk.commands.application import application
from helpdesk.operation.embedded import embedded_servers
from helpdesk.operation.home import Home
from helpdesk.operation.migrating import migrate as run_migrations
from helpdesk.operation.migrating import pending_migrations, write_migration
from helpdesk.operation.supervisor import Supervisor


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this release.

    Nothing happens when it is there already; of two at once, one waits for the other.
    """
    with application() as app:
        pending = pending_migrations(app)
        run_migrations(app)
    for revision in pending:
        click.echo(f"migrated: {revision}")
    click.echo("the database is up to date")


@click.command()
@click.argument("name")
def migration(name: str) -> None:
    """Write a migration for what has changed in the models.

    NAME says what it does, such as "add sla clocks". It is made against an empty private database that all
    migrations so far have been run on; read it before you commit it.
    """
    from helpdesk import create_app

    with _throwaway_database() as settings:
        app = create_app(settings)
        run_migrations(app)
        write_migration(app, name)


@contextmanager
def _throwaway_database() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="helpdesk-migration-") as folder, Supervisor() as supervisor:
        postgres, _ = embedded_servers(Home(folder=Path(folder)), throwaway=True)
        child = supervisor.start(postgres.prepare())
        supervisor.wait_until(postgres.is_ready, of=child, seconds=30)
        yield Settings(
            database_url=postgres.url.replace("postgresql://", "postgresql+psycopg://"),
            redis_url="redis://127.0.0.1:6379",
            secret_key=secrets.token_urlsafe(32),
            files_folder=Path(folder),
        )
