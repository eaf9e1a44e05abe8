"""The API for programs: an agent's token, that agent's fence, JSON and problem documents."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk.messaging.models import Delivery
from helpdesk.orm import db
from helpdesk.people import api_tokens, staff_queries
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.tickets import lifecycle, queries
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD, Cast, a_ticket, standing


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return a_ticket(cast, at=at)


@pytest.fixture
def secret(cast: Cast, at: datetime) -> str:
    """Amal's token."""
    return token_of(cast.amal, at=at)


def token_of(agent: Agent, *, at: datetime) -> str:
    with transaction():
        return api_tokens.make_token(agent, name="tests", at=at)[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def reply(client: FlaskClient, ticket: Ticket, secret: str, *, key: str = "one", body: str = "On its way.") -> Any:
    return client.post(
        f"/api/v1/tickets/{ticket.id}/replies", json={"body": body}, headers=bearer(secret) | {"Idempotency-Key": key}
    )


def is_problem(answer: TestResponse, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.mimetype == "application/problem+json"
        and bool(answer.json and answer.json["status"] == status and answer.json["detail"])
    )


# Who calls


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer hd_nonsense", "Basic YTpi", "Bearer \xe9"], ids=repr)
def test_without_a_good_token_it_is_401(client: FlaskClient, cast: Cast, header: str) -> None:
    answer = client.get("/api/v1/tickets", headers={"Authorization": header})

    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_signed_in_browser_is_no_program(client: FlaskClient, cast: Cast) -> None:
    client.post("/sign-in/staff", data={"name": cast.amal.email, "password": PASSWORD})

    assert client.get("/api/v1/tickets").status_code == 401


def test_a_token_is_kept_only_as_its_hash_and_remembers_its_use(client: FlaskClient, cast: Cast, secret: str) -> None:
    client.get("/api/v1/tickets", headers=bearer(secret))

    token = staff_queries.api_token_with(api_tokens._hash(secret))
    assert token is not None
    assert secret not in (token.token_hash, token.name)
    assert token.last_used_at is not None


def test_a_revoked_token_works_no_more(client: FlaskClient, cast: Cast, at: datetime) -> None:
    with transaction():
        token, secret = api_tokens.make_token(cast.amal, name="tests", at=at)
        api_tokens.revoke_token(token.id, at=at)

    assert client.get("/api/v1/tickets", headers=bearer(secret)).status_code == 401


def test_the_token_of_somebody_who_left_works_no_more(client: FlaskClient, cast: Cast, secret: str) -> None:
    with transaction():
        cast.amal.is_active = False

    assert client.get("/api/v1/tickets", headers=bearer(secret)).status_code == 401


# Reading


def test_a_queue_is_listed_page_by_page(client: FlaskClient, cast: Cast, at: datetime, secret: str) -> None:
    ids = [a_ticket(cast, at=at, customer=str(8002 + n)).id for n in range(3)]

    first = client.get("/api/v1/tickets?queue=waiting-longest&limit=2", headers=bearer(secret)).json
    assert first is not None
    second = client.get(first["next"], headers=bearer(secret)).json

    assert second is not None
    assert [one["id"] for one in first["tickets"] + second["tickets"]] == ids
    assert second["next"] is None


def test_a_ticket_says_who_waits_since_when_and_what_was_said(
    client: FlaskClient, ticket: Ticket, secret: str, at: datetime
) -> None:
    shown = client.get(f"/api/v1/tickets/{ticket.id}", headers=bearer(secret)).json

    assert shown is not None
    assert (shown["id"], shown["status"], shown["priority"], shown["network"]) == (ticket.id, "open", "normal", "x")
    assert shown["customer"] == {"name": "Dana Okafor", "handle": "dana"}
    assert shown["waiting_since"] == "2026-11-23T10:00:00.000Z"
    (said,) = shown["messages"]
    assert (said["direction"], said["parts"][0]["text"]) == ("in", "My order never came")


def test_another_teams_agent_has_no_such_ticket(client: FlaskClient, cast: Cast, ticket: Ticket, at: datetime) -> None:
    brunos = token_of(cast.bruno, at=at)

    assert client.get("/api/v1/tickets", headers=bearer(brunos)).json == {"tickets": [], "next": None}
    assert is_problem(client.get(f"/api/v1/tickets/{ticket.id}", headers=bearer(brunos)), 404)
    assert is_problem(reply(client, ticket, brunos), 404)


@pytest.mark.parametrize(
    "query", ["queue=nonsense", "limit=0", "limit=101", "limit=x", "after=-1", f"after={2**63}", "after=%00"]
)
def test_what_cannot_be_asked_is_422(client: FlaskClient, secret: str, query: str) -> None:
    assert is_problem(client.get(f"/api/v1/tickets?{query}", headers=bearer(secret)), 422)


# Answering


def test_a_reply_is_queued_once_for_its_key(client: FlaskClient, ticket: Ticket, secret: str) -> None:
    first = reply(client, ticket, secret)
    second = reply(client, ticket, secret)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] == second.json["id"]
    assert first.json["parts"][0]["text"] == "On its way."
    assert first.json["author"] == "Amal Haddad"
    assert db.session.query(Delivery).count() == 1
    assert ticket.waiting_since is None


def test_another_key_is_another_reply(client: FlaskClient, ticket: Ticket, secret: str) -> None:
    reply(client, ticket, secret, key="one")
    reply(client, ticket, secret, key="two")

    assert db.session.query(Delivery).count() == 2


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "one"),
        (b"{nonsense", "one"),
        (b"[]", "one"),
        (b'{"body": 7}', "one"),
        (b'{"body": "Hi", "to": "all"}', "one"),
        (b'{"body": "\xff"}', "one"),
        (b'{"body": "  "}', "one"),
        (b'{"body": "Hi"}', ""),
        (b'{"body": "Hi"}', "x" * 101),
    ],
    ids=repr,
)
def test_a_reply_that_cannot_be_is_422(client: FlaskClient, ticket: Ticket, secret: str, body: bytes, key: str) -> None:
    answer = client.post(
        f"/api/v1/tickets/{ticket.id}/replies", data=body, headers=bearer(secret) | {"Idempotency-Key": key}
    )

    assert is_problem(answer, 422)
    assert db.session.query(Delivery).count() == 0


def test_a_body_that_is_too_large_is_413(client: FlaskClient, ticket: Ticket, secret: str) -> None:
    assert is_problem(reply(client, ticket, secret, body="x" * 300_000), 413)


def test_a_resolved_ticket_takes_no_reply(
    client: FlaskClient, cast: Cast, ticket: Ticket, secret: str, at: datetime
) -> None:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.resolve(locked, by=cast.amal, at=at)

    assert is_problem(reply(client, ticket, secret), 409)


def test_who_may_only_read_may_not_reply(client: FlaskClient, cast: Cast, ticket: Ticket, at: datetime) -> None:
    with transaction():
        cast.support.is_open_to_all_agents = True
    brunos = token_of(cast.bruno, at=at)

    assert client.get(f"/api/v1/tickets/{ticket.id}", headers=bearer(brunos)).status_code == 200
    assert is_problem(reply(client, ticket, brunos), 403)


def test_an_address_that_is_not_there_is_a_problem_too(client: FlaskClient, cast: Cast) -> None:
    assert is_problem(client.get("/api/v1/nothing"), 404)
