"""Bring a database to the schema of this release."""

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import revision, upgrade

from helpdesk.orm import db

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def migrate(app: Flask) -> None:
    """Run the migrations that this database has not seen; nothing when there are none."""
    with app.app_context():
        upgrade(directory=str(FOLDER))
        db.engine.dispose()


def write_migration(app: Flask, name: str) -> None:
    """Write a migration from what the models have and this database, at the newest migration, has not."""
    with app.app_context():
        revision(directory=str(FOLDER), message=name, autogenerate=True)
        db.engine.dispose()


def pending_migrations(app: Flask) -> list[str]:
    """What the migrations do that this database still needs, oldest first."""
    with app.app_context():
        with db.engine.connect() as connection:
            seen = MigrationContext.configure(connection).get_current_heads()
        script = ScriptDirectory(str(FOLDER))
        return [step.doc for step in reversed(list(script.iterate_revisions("heads", seen or "base")))]
