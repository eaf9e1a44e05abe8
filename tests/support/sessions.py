"""A session whose every commit is undone at the end of the test, and a client that shares it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.orm import scoped_session
from werkzeug.test import TestResponse

from helpdesk.orm import ALONE, Base, db


@contextmanager
def rolled_back() -> Iterator["scoped_session[Any]"]:
    """db.session on one connection and inside one transaction; commits and rollbacks in it are savepoints."""
    with db.engine.connect() as connection:
        outer = connection.begin()
        factory = db.session.session_factory
        usual = factory.class_
        engines: Any = db.engines
        usual_engine = engines[ALONE]
        db.session.remove()
        factory.class_ = _bound_to(connection, usual)
        engines[ALONE] = _EngineOf(connection)
        factory.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session
        finally:
            db.session.remove()
            factory.class_ = usual
            engines[ALONE] = usual_engine
            factory.configure(join_transaction_mode="conditional_savepoint")
            outer.rollback()


def truncate_everything() -> None:
    """Empty every table of ours, for tests whose rows other processes must see."""
    db.session.remove()
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    if names:
        with db.engine.begin() as connection:
            connection.execute(text(f"truncate {names} restart identity cascade"))


class SessionSharingClient(FlaskClient):
    """A client whose requests see the test's rows, and whose rows the test sees afterwards."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        # Read to its end and closed, so that no file of a response stays open; live events have no end.
        kwargs.setdefault("buffered", "/live" not in args)
        # A context of its own, as in the server: otherwise `g`, and with it the signed-in person, would last.
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        return response


class _EngineOf:
    """What a statement that is a transaction of its own runs on in such a test: no rollback of the session undoes it,
    since what the session has done until then is committed first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        db.session.commit()
        with self._connection.begin_nested():
            yield self._connection


def _bound_to(connection: Connection, usual: type[Any]) -> type[Any]:
    # Flask-SQLAlchemy's session ignores `bind=`.
    class BoundSession(usual):  # type: ignore[misc]
        def get_bind(self, *args: Any, **kwargs: Any) -> Connection:
            return connection

    return BoundSession
