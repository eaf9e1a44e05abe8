"""Bodies that nobody's network should send: never a 500, never a lost neighbour, never without bounds."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.channels.x.signature import HEADER
from helpdesk.messaging.models import InboundEvent, InboundState, Message, Part
from helpdesk.orm import db
from helpdesk.tickets.models import Ticket
from tests.support.cast import Cast
from tests.support.x_bodies import dm
from tests.views.webhooks.signing import signed
from worker import ingest

SECONDS = 20
"""For the largest body that is taken; a machine may be busy."""

TIME = datetime(2026, 11, 23, 10, tzinfo=UTC)
_numbers = count(1)


def changed(old: bytes, new: bytes) -> bytes:
    body = dm(500, at=TIME, text="hello")
    assert old in body
    return body.replace(old, new)


def sent(value: bytes) -> bytes:
    return changed(b'"' + str(int(TIME.timestamp() * 1000)).encode() + b'"', value)


AN_ID = b'"2080000000000000500"'
TEXT = b'"hello"'

BODIES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # what comes, what becomes of the call, the words that arrive ("": none)
    "nothing": (lambda: b"", InboundState.UNREADABLE, ""),
    "no JSON": (lambda: b"\x00\xff\xfe", InboundState.UNREADABLE, ""),
    "no object": (lambda: b"[]", InboundState.UNREADABLE, ""),
    "an empty object": (lambda: b"{}", InboundState.PROCESSED, ""),
    "deep nesting": (lambda: b'{"data":' + b"[" * 400_000 + b"]" * 400_000 + b"}", InboundState.UNREADABLE, ""),
    "deep nesting in the words": (lambda: changed(TEXT, b"[" * 10_000 + b"]" * 10_000), InboundState.UNREADABLE, ""),
    "half a million elements": (
        lambda: b'{"for_user_id":"7001","direct_message_events":[' + b"0," * 490_000 + b"0]}",
        InboundState.PROCESSED,
        "",
    ),
    "a number of 10,000 digits for an id": (lambda: changed(AN_ID, b"9" * 10_000), InboundState.PROCESSED, ""),
    "an id beyond numbers": (lambda: changed(AN_ID, b"1e400"), InboundState.PROCESSED, ""),
    "an id of 10,000 characters": (lambda: changed(AN_ID, endless()), InboundState.QUARANTINED, ""),
    "an empty id": (lambda: changed(AN_ID, b'""'), InboundState.PROCESSED, ""),
    "the same key twice": (
        lambda: changed(b'"text": ', b'"text": "not this", "text": '),
        InboundState.PROCESSED,
        "hello",
    ),
    "no UTF-8": (lambda: changed(TEXT, b'"he\xffllo"'), InboundState.PROCESSED, "he\ufffdllo"),
    "a lone surrogate": (lambda: changed(TEXT, rb'"he\ud800llo"'), InboundState.PROCESSED, "he\ufffdllo"),
    "a lone surrogate in bytes": (
        lambda: changed(TEXT, b'"he\xed\xa0\x80llo"'),
        InboundState.PROCESSED,
        "he\ufffd\ufffd\ufffdllo",
    ),
    "NUL": (lambda: changed(TEXT, rb'"he\u0000llo"'), InboundState.PROCESSED, "hello"),
    "NUL in an id": (lambda: changed(AN_ID, rb'"20\u000080"'), InboundState.PROCESSED, "hello"),
    "the year 1": (lambda: sent(b'"-62135596800000"'), InboundState.PROCESSED, "hello"),
    "the year 9999": (lambda: sent(b'"253402300799999"'), InboundState.PROCESSED, "hello"),
    "a time of 5,000 digits": (lambda: sent(b'"' + b"9" * 5_000 + b'"'), InboundState.PROCESSED, "hello"),
    "no time": (lambda: sent(b"null"), InboundState.PROCESSED, ""),
    "a replay that ended": (
        lambda: b'{"replay_job_status":{"webhook_id":"1","job_state":"Complete","job_id":"2"}}',
        InboundState.PROCESSED,
        "",
    ),
}


def endless() -> bytes:
    """Of a kind that cannot be packed into an index."""
    return b'"' + "".join(f"{n * n * 7_919:08x}" for n in range(1_250)).encode() + b'"'


@pytest.mark.parametrize("what", list(BODIES))
def test_it_is_taken_in_or_set_aside_and_its_neighbours_arrive(cast: Cast, client: FlaskClient, what: str) -> None:
    body, state, words = BODIES[what]
    began = time.monotonic()

    for each in (dm(1, at=TIME, text="before"), body(), dm(2, at=TIME + timedelta(seconds=1), text="after")):
        assert post(client, cast, each) == 200
    ingest.drain(cast.x.id)

    assert states() == [InboundState.PROCESSED, state, InboundState.PROCESSED]
    assert said() == sorted(filter(None, ["before", words, "after"]))
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("when", ["the year 1", "the year 9999"])
def test_a_time_that_cannot_be_believed_is_when_we_heard(cast: Cast, client: FlaskClient, when: str) -> None:
    post(client, cast, BODIES[when][0]())
    ingest.drain(cast.x.id)

    message = db.session.scalars(select(Message)).one()
    ticket = db.session.scalars(select(Ticket)).one()
    assert message.platform_time == message.received_at == ticket.waiting_since


def test_of_one_call_with_a_bad_event_the_others_are_taken_in_and_it_is_set_aside(
    cast: Cast, client: FlaskClient
) -> None:
    events = [event_of(dm(n, at=TIME + timedelta(seconds=n), text=f"line {n}")) for n in range(5)]
    events[2]["id"] = endless().decode().strip('"')
    body = json.dumps({"for_user_id": "7001", "direct_message_events": events, "users": {}}).encode()

    post(client, cast, body)
    ingest.drain(cast.x.id)

    assert states() == [InboundState.QUARANTINED]
    assert said() == ["line 0", "line 1", "line 3", "line 4"]


def test_a_body_larger_than_is_taken_is_refused_and_kept_nowhere(cast: Cast, client: FlaskClient) -> None:
    assert post(client, cast, b" " * (1024 * 1024 + 1)) == 413
    assert states() == []


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["7001", "8002", "message_create", "dm.received", "1784928224372", "-62135596800000"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_in_any_place_loses_no_neighbour(cast: Cast, client: FlaskClient, data: st.DataObject) -> None:
    number = next(_numbers)
    good = dm(number * 10, at=TIME, text=f"neighbour {number}")
    bad = json.loads(dm(number * 10 + 1, at=TIME))
    put_somewhere(bad, data)

    assert post(client, cast, json.dumps(bad).encode()) == 200
    assert post(client, cast, good) == 200
    ingest.drain(cast.x.id)

    assert InboundState.RECEIVED not in states()
    assert f"neighbour {number}" in said()


def put_somewhere(document: dict[str, Any], data: st.DataObject) -> None:
    """Replace what lies at one place of the document."""
    here: Any = document
    while True:
        places = list(here) if isinstance(here, dict) else list(range(len(here)))
        place = data.draw(st.sampled_from(places))
        if not isinstance(here[place], (dict, list)) or not here[place] or data.draw(st.booleans()):
            here[place] = data.draw(values)
            return
        here = here[place]


def event_of(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)["data"]["payload"]["direct_message_events"][0]
    return found


def post(client: FlaskClient, cast: Cast, body: bytes) -> int:
    return client.post(f"/webhooks/x/{cast.x.id}", data=body, headers={HEADER: signed(body)}).status_code


def states() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(InboundEvent.state).order_by(InboundEvent.id)))


def said() -> list[str]:
    return sorted(db.session.scalars(select(Part.text)))
