"""Databases for tests: one template with the schema, and copies of it in a blink."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

# Any number that nothing else locks: workers take turns at building the template.
_TEMPLATE_LOCK = 7_301_144


class Databases:
    """The databases of one run, in one server. `run` keeps two runs on a given server apart."""

    def __init__(self, maintenance_url: str, *, run: str) -> None:
        self._maintenance = make_url(maintenance_url).set(drivername="postgresql")
        self._run = run

    def copy(self, name: str, *, build: Callable[[str], None]) -> str:
        """The URL of a fresh copy of the template, which `build(url)` fills the first time in this run."""
        template, target = self._named("template"), self._named(name)
        with self._connection() as connection:
            connection.execute("select pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
            if not self._exists(connection, template):
                self._build(connection, template, build)
            self._drop(connection, target)
            connection.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(target), sql.Identifier(template))
            )
        return self._url(target)

    def empty(self, name: str) -> str:
        """The URL of a database with nothing in it."""
        target = self._named(name)
        with self._connection() as connection:
            self._drop(connection, target)
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(target)))
        return self._url(target)

    def drop(self, name: str) -> None:
        with self._connection() as connection:
            self._drop(connection, self._named(name))

    def drop_all(self) -> None:
        """Drop every database of this run."""
        with self._connection() as connection:
            found = connection.execute("select datname from pg_database where datname like %s", [self._named("%")])
            for (name,) in found.fetchall():
                self._drop(connection, name)

    def _build(self, connection: "psycopg.Connection[tuple[str]]", template: str, build: Callable[[str], None]) -> None:
        draft = self._named("draft")
        self._drop(connection, draft)
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
        build(self._url(draft))
        connection.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(template))
        )

    @contextmanager
    def _connection(self) -> Iterator["psycopg.Connection[tuple[str]]"]:
        with psycopg.connect(self._maintenance.render_as_string(hide_password=False), autocommit=True) as connection:
            yield connection

    def _exists(self, connection: "psycopg.Connection[tuple[str]]", name: str) -> bool:
        return connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None

    def _drop(self, connection: "psycopg.Connection[tuple[str]]", name: str) -> None:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _named(self, name: str) -> str:
        return f"t_{self._run}_{name}"

    def _url(self, name: str) -> str:
        url: URL = self._maintenance.set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)
