"""The migrations make the schema that the models say, to the letter; there is one chain of them."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from config import Settings, environment
from helpdesk.binding import ROOT
from helpdesk.orm import Base
from tests.support.databases import Databases

COLUMNS = """
    select c.relname || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
             || case a.attidentity when 'd' then ' identity by default' when 'a' then ' identity always' else '' end
             || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped and c.relname <> 'alembic_version'
"""
INDEXES = """
    select i.relname, pg_get_indexdef(x.indexrelid)
    from pg_index x
    join pg_class c on c.oid = x.indrelid
    join pg_class i on i.oid = x.indexrelid
    where c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relname <> 'alembic_version'
"""
CONSTRAINTS = """
    select c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relname <> 'alembic_version'
"""


@pytest.fixture(scope="module")
def migrated(databases: Databases, settings: Settings, worker_number: int) -> Iterator[Connection]:
    """What the migrations make of an empty database."""
    url = databases.empty(f"w{worker_number}_migrated")
    # In a process of its own: a second app here would take the limiter, which is the process's, to a Redis of its own.
    told = {"SECRET_KEY": settings.secret_key, "FILES_FOLDER": str(settings.files_folder)}
    subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", "migrate"],
        cwd=ROOT,
        env=environment() | told | {"DATABASE_URL": url, "REDIS_URL": settings.redis_url},
        check=True,
    )
    with _engine(url).connect() as connection:
        yield connection
    databases.drop(f"w{worker_number}_migrated")


@pytest.fixture(scope="module")
def modelled(databases: Databases, worker_number: int) -> Iterator[Connection]:
    """What the models make of an empty database."""
    engine = _engine(databases.empty(f"w{worker_number}_modelled"))
    with engine.begin() as connection:
        connection.execute(text("create extension pg_trgm"))
        Base.metadata.create_all(connection)
    with engine.connect() as connection:
        yield connection
    databases.drop(f"w{worker_number}_modelled")


@pytest.mark.parametrize("said", [COLUMNS, INDEXES, CONSTRAINTS], ids=["columns", "indexes", "constraints"])
def test_the_migrations_make_what_the_models_say(migrated: Connection, modelled: Connection, said: str) -> None:
    ours, theirs = _read(migrated, said), _read(modelled, said)

    assert len(theirs) > 50
    assert {
        name: (ours.get(name), theirs.get(name)) for name in ours | theirs if ours.get(name) != theirs.get(name)
    } == {}


def test_the_next_migration_written_would_change_nothing_by_itself(app: Flask) -> None:
    with app.app_context():
        command.check(app.extensions["migrate"].migrate.get_config(str(ROOT / "migrations")))


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


def test_migrations_are_named_for_when_they_were_written_and_what_they_do() -> None:
    files = [file.name for file in (ROOT / "migrations" / "versions").glob("*.py")]

    assert [name for name in files if not re.fullmatch(r"\d{8}_\d{4}_[a-z][a-z0-9_]+\.py", name)] == []


def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


def _read(connection: Connection, statement: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(text(statement))}
