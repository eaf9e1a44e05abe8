"""How Alembic reaches our database and models. Logging is left as the program has set it."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from helpdesk.orm import Base

# Any number that nothing else locks: of two programs that migrate at once, the second finds nothing to do.
_MIGRATION_LOCK = 7_301_145

# Of PostgreSQL's own, and trusted: the owner of a database may create them.
EXTENSIONS = ("pg_trgm",)


def write_sql() -> None:
    """For `flask db upgrade --sql`."""
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    with current_app.extensions["migrate"].db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            # Partitions come and go without a model of their own: not to be dropped by the next migration written.
            include_name=lambda name, kind, _: kind != "table" or name not in _partitions(connection),
        )
        with context.begin_transaction():
            # A page must not wait for long; a migration may.
            connection.execute(text("set local statement_timeout = 0"))
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            for extension in EXTENSIONS:
                connection.execute(text(f"create extension if not exists {extension}"))
            context.run_migrations()


def _partitions(connection: Connection) -> set[str]:
    return set(connection.scalars(text("select relname from pg_class where relispartition and relkind = 'r'")))


if context.is_offline_mode():
    write_sql()
else:
    migrate()
