"""The rows that something has made, copied by psycopg into another database with the same schema: what it could cost.

Table after table, in as many commits. It reads, parses, decides and tells nobody anything.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import make_url

# Parents first. A conversation names its last message, so that column follows when the messages are there.
TABLES = (
    ("contact", "id"),
    ("identity", "id"),
    ("conversation", "id"),
    ("participant", "conversation_id"),
    ("message", "id"),
    ("part", "message_id"),
    ("ticket", "id"),
    ("ticket_message", "message_id"),
    ("clock", "id"),
    ("timeline_event", "id"),
)

_JSONB = 3802

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]
Made = dict[str, tuple[list[str], list[Row]]]


class CopiedRows:
    """Reads what was made since the last mark in one database, and writes it into the other."""

    def __init__(self, read: Connection, copy: Connection) -> None:
        self.read, self._copy = read, copy
        self._marks: dict[str, int] = {}

    def mark(self) -> None:
        self._marks = {name: self._highest(name, key) for name, key in TABLES}

    def made(self) -> Made:
        """Table → (columns, rows) since the mark."""
        return {name: self._made(name, key) for name, key in TABLES}

    def write(self, made: Made) -> None:
        for name, (columns, rows) in made.items():
            # Table after table: workers beside each other give ids that no slice of two tables has in common.
            self._write(name, columns, rows)
            self._copy.commit()

    def _highest(self, name: str, key: str) -> int:
        query = sql.SQL("select coalesce(max({}), 0) from {}").format(sql.Identifier(key), sql.Identifier(name))
        found = self.read.execute(query).fetchone()
        self.read.commit()
        assert found is not None
        return int(found[0])

    def _made(self, name: str, key: str) -> tuple[list[str], list[Row]]:
        query = sql.SQL("select * from {name} where {key} > %s order by {key}").format(
            name=sql.Identifier(name), key=sql.Identifier(key)
        )
        cursor = self.read.execute(query, [self._marks[name]])
        assert cursor.description is not None
        kept = [(n, column) for n, column in enumerate(cursor.description) if column.name != "last_message_id"]
        rows = [tuple(_plain(row[n], column.type_code) for n, column in kept) for row in cursor]
        self.read.commit()
        return [column.name for _, column in kept], rows

    def _write(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        words = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self._copy.cursor() as cursor, cursor.copy(words) as copy:
            for row in rows:
                copy.write_row(row)


def connected(url: str) -> Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def _plain(value: object, type_code: int) -> object:
    """JSON as it is written, not as it was read."""
    return Jsonb(value) if type_code == _JSONB else value
