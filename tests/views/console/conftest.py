"""The console with its cast: who is signed in, and a ticket to look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from helpdesk import clock
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Ticket
from tests.support import cast as casting
from tests.support.cast import PASSWORD, Cast

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}

SignIn = Callable[[Agent], FlaskClient]


@pytest.fixture
def just_now() -> datetime:
    """Half an hour ago: views read the real clock, so what they show must have happened."""
    return clock.now().astimezone(UTC).replace(microsecond=0) - timedelta(minutes=30)


@pytest.fixture
def cast(client: FlaskClient, just_now: datetime) -> Cast:
    return casting.assemble(at=just_now - timedelta(days=2))


@pytest.fixture
def sign_in(client: FlaskClient) -> SignIn:
    """Makes the client this agent's browser."""

    def enter(agent: Agent) -> FlaskClient:
        answer = client.post("/sign-in/staff", data={"name": agent.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return enter


@pytest.fixture
def ticket(cast: Cast, just_now: datetime) -> Ticket:
    """Dana has just written: "My order never came"."""
    return casting.a_ticket(cast, at=just_now)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The SQL that runs inside the block."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().lower().startswith(("select", "insert", "update", "delete", "with")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
