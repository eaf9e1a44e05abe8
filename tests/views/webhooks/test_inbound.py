"""What networks call: the signature decides, the call is stored, and only then answered."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from config import Settings
from helpdesk.messaging.connecting import change_credentials
from helpdesk.messaging.models import InboundEvent, RefusedCalls
from helpdesk.orm import db
from helpdesk.views.webhooks import doors
from helpdesk.views.webhooks.refusals import Refusals
from tests.support.cast import Cast

SECRET = b"test-consumer-secret"


def signed(body: bytes, key: bytes = SECRET) -> dict[str, str]:
    digest = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    return {"x-twitter-webhooks-signature": f"sha256={digest}", "content-type": "application/json"}


def stored() -> list[bytes]:
    return list(db.session.scalars(select(InboundEvent.body).order_by(InboundEvent.id)))


@pytest.fixture(autouse=True)
def refusals(app: Flask) -> Iterator[list[Callable[[], None]]]:
    """What is to be written in a moment; each test says when that is."""
    asked: list[Callable[[], None]] = []
    usual = app.extensions["webhook_refusals"]
    app.extensions["webhook_refusals"] = Refusals(app, later=asked.append)
    yield asked
    app.extensions["webhook_refusals"] = usual


@pytest.fixture
def statements(session: object) -> Iterator[list[str]]:
    """What the database is asked from now on."""
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def refused_counts() -> list[int]:
    return list(db.session.scalars(select(RefusedCalls.count)))


def address(cast: Cast) -> str:
    return f"/webhooks/x/{cast.x.id}"


def test_the_handshake_answers_with_the_documented_token(client: FlaskClient, cast: Cast) -> None:
    answer = client.get(address(cast), query_string={"crc_token": "challenge-123"})

    assert answer.status_code == 200
    assert answer.json == {"response_token": "sha256=tkNEg0seEcYQ8M3405Unns/xCXZPr0AfN2Yx77Yg+c8="}


def test_a_signed_call_is_stored_as_it_came_and_answered(client: FlaskClient, cast: Cast) -> None:
    body = b'{"data":{"event_uuid":"1","event_type":"dm.received"}}'

    answer = client.post(address(cast), data=body, headers=signed(body))

    assert (answer.status_code, stored()) == (200, [body])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-twitter-webhooks-signature": "sha256="},
        {"x-twitter-webhooks-signature": "sha1=abc"},
        {"x-twitter-webhooks-signature": "sha256=ünicode"},
        signed(b"another body"),
        signed(b'{"a": 1}', key=b"another secret"),
    ],
    ids=["none", "empty", "other algorithm", "not ascii", "of another body", "with another key"],
)
def test_a_wrong_signature_stores_nothing_but_a_count(
    client: FlaskClient, cast: Cast, headers: dict[str, str], refusals: list[Callable[[], None]]
) -> None:
    answer = client.post(address(cast), data=b'{"a": 1}', headers=headers)

    assert (answer.status_code, stored()) == (403, [])
    refusals.pop()()
    assert refused_counts() == [1]


def test_a_flood_of_forged_calls_asks_the_database_nothing_and_is_counted_together(
    client: FlaskClient, cast: Cast, refusals: list[Callable[[], None]], statements: list[str]
) -> None:
    here = address(cast)
    client.post(here, data=b"{}")
    statements.clear()

    assert {client.post(here, data=b"{}").status_code for _ in range(20)} == {403}

    assert statements == []
    assert len(refusals) == 1
    refusals.pop()()
    assert refused_counts() == [21]

    client.post(here, data=b"{}")
    refusals.pop()()
    assert refused_counts() == [22]


def test_a_new_secret_counts_at_once_and_amid_forged_calls_a_moment_later(
    client: FlaskClient, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_secret(secret: str) -> None:
        change_credentials(cast.x, {"consumer_secret": secret}, secret_key=settings.secret_key)

    def answer_to(secret: str) -> int:
        return client.post(address(cast), data=b"{}", headers=signed(b"{}", key=secret.encode())).status_code

    assert answer_to(SECRET.decode()) == 200
    change_secret("the second")
    assert answer_to("the second") == 200

    assert answer_to("a forged one") == 403
    change_secret("the third")
    assert answer_to("the third") == 403
    monkeypatch.setattr(doors, "REOPEN_SECONDS", 0.0)
    assert answer_to("the third") == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"data":{"event_type":"dm.folded"}}',
        json.dumps({"a": ["x"] * 9}).encode(),
    ],
    ids=["empty", "text", "bytes", "list", "unknown event", "unknown shape"],
)
def test_a_signed_body_of_any_kind_is_kept(client: FlaskClient, cast: Cast, body: bytes) -> None:
    answer = client.post(address(cast), data=body, headers=signed(body))

    assert (answer.status_code, stored()) == (200, [body])


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, cast: Cast) -> None:
    body = b"x" * (5 * 1024 * 1024)

    answer = client.post(address(cast), data=body, headers=signed(body))

    assert (answer.status_code, stored()) == (413, [])
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/webhooks/x/999999", "/webhooks/slack/1", "/webhooks/x/99999999999999999999"])
def test_an_address_of_nobody_is_404(client: FlaskClient, cast: Cast, path: str) -> None:
    # 405 where no address has the shape at all.
    assert client.post(path, data=b"{}").status_code in (404, 405)


def test_the_stored_headers_hold_no_secret(client: FlaskClient, cast: Cast) -> None:
    headers = signed(b"{}") | {"Authorization": "Bearer secret", "Cookie": "session=secret"}

    client.post(address(cast), data=b"{}", headers=headers)

    kept = db.session.scalars(select(InboundEvent.headers)).one()
    assert "secret" not in json.dumps(kept)


def test_a_network_is_given_no_session_and_no_cookie(client: FlaskClient, cast: Cast) -> None:
    with client.session_transaction() as session:
        session["_user_id"] = "agent:1:1"

    answer = client.post(address(cast), data=b"{}", headers=signed(b"{}"))

    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
