import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from helpdesk.channels.port import InboundMessage
from helpdesk.simulator.x import XSimulator
from tests.simulator.desk import Desk, a_desk, channel_to

HTTP = httpx.Client(trust_env=False)


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(retry_waits=()) as simulator:
        yield simulator


@pytest.fixture
def desk(x: XSimulator) -> Iterator[Desk]:
    with a_desk(channel_to(x)) as desk:
        yield desk


def control(x: XSimulator, verb: str, /, **fields: object) -> Any:
    """`sender` stands for the field "from", which is no name in Python."""
    answer = post(x, verb, {{"sender": "from"}.get(name, name): value for name, value in fields.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(x: XSimulator, verb: str, fields: dict[str, object]) -> httpx.Response:
    return HTTP.post(f"{x.url}/_control/{verb}", json=fields)


def test_a_customer_writes_reads_and_types_by_http(x: XSimulator, desk: Desk) -> None:
    photo = base64.b64encode(b"a picture").decode()
    control(x, "connect", url=desk.url)

    written = control(x, "write", sender="dana", name="Dana Ruiz", text="hello", photo_base64=photo)
    control(x, "write-in-app", to="dana", text="Good morning")
    read = control(x, "read", sender="dana")
    control(x, "type", sender="dana")

    assert control(x, "wait") == {"quiet": True}
    assert read["up_to"] == x.sent_messages[0].id
    assert len(desk.events) == 4
    first = desk.events[0]
    assert isinstance(first, InboundMessage)
    assert (first.external_id, first.sender.display_name) == (written["id"], "Dana Ruiz")


def test_what_was_written_since_is_told(x: XSimulator) -> None:
    first = control(x, "write", sender="dana", text="hello")
    control(x, "write-in-app", to="dana", text="Good morning")
    control(x, "write", sender="eve", text="hi")

    since = HTTP.get(f"{x.url}/_control/messages", params={"after": first["id"], "with": "dana"}).json()["messages"]

    assert [(message["text"], message["is_from_brand"], message["is_read"]) for message in since] == [
        ("Good morning", True, False)
    ]


def test_faults_holding_and_settings_are_set_by_http(x: XSimulator, desk: Desk) -> None:
    control(x, "connect", url=desk.url, envelope="aaa")
    control(x, "fail", fault="349", times=2)
    control(x, "hold")
    control(x, "write", sender="dana", text="one")
    control(x, "write", sender="dana", text="two")
    control(x, "release", reversed=True, together=True)
    settings = control(x, "settings", echo="before", send_limit=3, send_window_seconds=1, hang_seconds=2)

    assert control(x, "wait") == {"quiet": True}
    assert len(desk.calls) == 1
    assert settings == {"echo": "before", "send_limit": 3, "send_window_seconds": 1.0, "hang_seconds": 2.0}
    assert x.faults.take("send") is not None


def test_any_bytes_are_delivered_with_any_signature(x: XSimulator, desk: Desk) -> None:
    control(x, "connect", url=desk.url)

    control(x, "deliver", body='{"a": 1}', copies=3, signature="missing")
    control(x, "deliver", body='{"a": 1}', copies=2)

    assert control(x, "wait") == {"quiet": True}
    assert (desk.refused, len(desk.calls)) == (3, 2)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("dance", {}),
        ("write", {}),
        ("fail", {"fault": "999"}),
        ("fail", {"fault": "boredom"}),
        ("settings", {"echo": "loud"}),
        ("write", {"from": "dana", "photo_base64": "é"}),
        ("connect", {"url": "http://127.0.0.1:9/nobody"}),
    ],
)
def test_a_control_that_makes_no_sense_says_so(x: XSimulator, verb: str, fields: dict[str, object]) -> None:
    answer = post(x, verb, fields)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_connecting_again_checks_the_address_and_subscribes_nothing_twice(x: XSimulator, desk: Desk) -> None:
    assert control(x, "connect", url=desk.url) == control(x, "connect", url=desk.url)

    control(x, "write", sender="dana", text="hello")

    assert control(x, "wait") == {"quiet": True}
    assert len(desk.events) == 1


def test_the_dice_and_an_outage_are_told_over_http_and_the_record_read(x: XSimulator, desk: Desk) -> None:
    control(x, "connect", url=desk.url)
    assert control(x, "faults", faults="duplicate:1", seed=3) == {"rates": {"duplicate": 1.0}}

    written = control(x, "write", sender="dana", text="hello")

    assert control(x, "wait") == {"quiet": True}
    assert len(desk.events) >= 2
    entries = HTTP.get(f"{x.url}/_control/record", params={"what": "written"}).json()["entries"]
    assert [(entry["id"], entry["text"]) for entry in entries] == [(written["id"], "hello")]
    assert control(x, "outage", hours=1)["seconds"] > 3500


def test_faults_that_nobody_knows_are_refused(x: XSimulator) -> None:
    assert post(x, "faults", {"faults": "nonsense"}).status_code == 400
