"""Desks with years behind them, small and large, and an agent's requests to them without a network between."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from benchmarks.private_servers import PrivateServers
from helpdesk.orm import db
from tests.support.many_tickets import fill

SMALL, LARGE = 1_000, 100_000
# As many in both: what a page shows grows with these, and only what lies behind them may grow without a price.
ACTIVE = 500
# Fifty rows, a full page: a queue with a handful would weigh sign-in and counts rather than the list.
QUEUE = "/console/queues/all-open"

_AGENT_ID = 1
_REQUESTS = 25


@dataclass(frozen=True, kw_only=True)
class FilledDesk:
    app: Flask
    client: FlaskClient
    database_url: str
    ticket_ids: Sequence[int]
    """Active tickets that the agent may read."""

    def seconds_of(self, paths: Sequence[str]) -> list[float]:
        """Server time of each page, from the WSGI call to its last byte."""
        return [self._seconds_of(path) for path in paths]

    def list_pages(self) -> list[float]:
        return self.seconds_of([QUEUE] * _REQUESTS)

    def ticket_pages(self) -> list[float]:
        chosen = [self.ticket_ids[n * 7 % len(self.ticket_ids)] for n in range(_REQUESTS)]
        return self.seconds_of([f"/console/tickets/{ticket_id}" for ticket_id in chosen])

    def _seconds_of(self, path: str) -> float:
        started = time.perf_counter()
        answer = self.client.get(path)
        seconds = time.perf_counter() - started
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return seconds


def filled(servers: PrivateServers, name: str, *, tickets: int, active: int = ACTIVE) -> FilledDesk:
    """A copy of the empty database with so many tickets, and an agent who is signed in."""
    with servers.app.app_context():
        db.engine.dispose()
    url = servers.copy_database(name)
    app = servers.app_on(url)
    with app.app_context():
        fill(db.engine, tickets, active=active, at=datetime.now(UTC))
        readable = text(
            "select t.id from ticket t join team_membership m on m.team_id = t.team_id"
            " where m.agent_id = :agent and t.status in ('open', 'pending', 'snoozed') order by t.id"
        )
        with db.engine.connect() as connection:
            ids = connection.execute(readable, {"agent": _AGENT_ID}).scalars().all()
    return FilledDesk(app=app, client=signed_in(app), database_url=url, ticket_ids=ids)


def signed_in(app: Flask) -> FlaskClient:
    """An agent's browser; signing in itself is not what is measured."""
    client = app.test_client()
    with client.session_transaction() as session:
        session.update({"_user_id": f"agent:{_AGENT_ID}:1", "_fresh": True})
    return client


def session_cookie(app: Flask) -> dict[str, Any]:
    """The cookie of such a browser, for one of another kind; its server has the same SECRET_KEY."""
    cookie = signed_in(app).get_cookie("session")
    assert cookie is not None
    return {"name": cookie.key, "value": cookie.value}
