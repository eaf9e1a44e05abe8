"""What goes wrong by itself, each kind at certainty, as the real adapter meets it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk import clock
from helpdesk.channels.port import FailureClass, InboundMessage, OutboundMessage, OutcomeUnknown, SendFailed
from helpdesk.simulator.x import XSimulator
from helpdesk.simulator.x_dice import Dice
from helpdesk.simulator.x_record import Record
from tests.simulator.desk import Desk, a_desk, channel_to

A_DAY_IN_TWO_SECONDS = 2 / 86_400
SOON = (timedelta(milliseconds=10), timedelta(milliseconds=20))


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(
        retry_waits=SOON, time_scale=A_DAY_IN_TWO_SECONDS, hang=timedelta(milliseconds=50), workers=4
    ) as simulator:
        yield simulator


@pytest.fixture
def desk(x: XSimulator) -> Iterator[Desk]:
    with a_desk(channel_to(x)) as desk:
        x.connect_webhook(desk.url)
        yield desk


def always(x: XSimulator, *names: str) -> None:
    x.mischief.dice = Dice(dict.fromkeys(names, 1.0))


def texts(desk: Desk) -> list[str]:
    return [event.parts[0].text for event in desk.events if isinstance(event, InboundMessage)]


def faults(x: XSimulator) -> list[str]:
    return [entry["name"] for entry in x.record.entries(what="fault")]


def a_reply(x: XSimulator) -> OutboundMessage:
    dana = x.customer("dana")
    return OutboundMessage(
        client_key="key-1",
        conversation_key=f"dm:7001-{dana.id}",
        recipient_external_id=dana.id,
        text="On its way",
        files=(),
    )


@pytest.mark.parametrize("fault", ["delay", "reorder", "batch", "wrong-signature", "missing-signature", "crc"])
def test_a_message_arrives_once_all_the_same(x: XSimulator, desk: Desk, fault: str) -> None:
    always(x, fault)

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert texts(desk) == ["hello"]
    assert fault in faults(x)


def test_a_call_that_is_refused_for_its_signature_is_made_again_rightly(x: XSimulator, desk: Desk) -> None:
    always(x, "wrong-signature")

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert desk.refused == 1
    assert [attempt.status for attempt in x.deliveries[-1].attempts] == [403, 200]


@pytest.mark.parametrize("fault", ["duplicate", "unheard"])
def test_a_message_is_told_again(x: XSimulator, desk: Desk, fault: str) -> None:
    always(x, fault)

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert len(texts(desk)) >= 2
    assert set(texts(desk)) == {"hello"}


def test_what_waits_for_company_shares_one_call(x: XSimulator, desk: Desk) -> None:
    x.mischief.time_scale = 0.05
    always(x, "batch")

    for n in range(25):
        x.customer_writes("dana", f"hello {n}")

    assert x.wait_until_quiet()
    assert sorted(len(call) for call in desk.calls) == [5, 20]
    assert sorted(texts(desk)) == sorted(f"hello {n}" for n in range(25))


def test_a_forged_message_and_an_unknown_kind_come_beside_the_true_one(x: XSimulator, desk: Desk) -> None:
    always(x, "forgery", "unknown-event")

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert texts(desk) == ["hello"]
    assert desk.refused >= 1
    assert len(desk.calls) == 2


def test_in_an_outage_calls_are_refused_and_events_told_afterwards(x: XSimulator, desk: Desk) -> None:
    always(x, "outage")
    began = clock.now()

    x.customer_writes("dana", "hello")

    with pytest.raises(SendFailed) as refused:
        channel_to(x).send(a_reply(x))
    assert refused.value.failure is FailureClass.TRANSIENT
    assert x.wait_until_quiet()
    assert texts(desk) == ["hello"]
    assert clock.now() - began >= timedelta(seconds=1.9)
    assert channel_to(x).send(a_reply(x)).external_id == x.sent_messages[-1].id


@pytest.mark.parametrize(
    ("fault", "is_taken"),
    [("hang", True), ("drop", True), ("lost", False), ("gateway", False), ("gateway-taken", True)],
)
def test_an_answer_that_never_comes_leaves_the_outcome_unknown(
    x: XSimulator, desk: Desk, fault: str, is_taken: bool
) -> None:
    always(x, fault)

    with pytest.raises(OutcomeUnknown):
        channel_to(x).send(a_reply(x))

    assert len(x.record.entries(what="taken")) == is_taken


def test_a_late_answer_is_an_answer(x: XSimulator, desk: Desk) -> None:
    always(x, "late-answer")

    assert channel_to(x).send(a_reply(x)).external_id == x.sent_messages[-1].id


def test_the_echo_may_come_before_the_answer(x: XSimulator, desk: Desk) -> None:
    always(x, "echo-before")

    accepted = channel_to(x).send(a_reply(x))

    (echo,) = [event for event in desk.events if isinstance(event, InboundMessage)]
    assert echo.external_id == accepted.external_id


def test_a_window_that_is_used_up_says_so_in_its_headers(x: XSimulator, desk: Desk) -> None:
    always(x, "throttle")

    with pytest.raises(SendFailed) as refused:
        channel_to(x).send(a_reply(x))

    assert refused.value.failure is FailureClass.THROTTLED
    assert refused.value.quota is not None
    assert refused.value.quota.remaining == 0


def test_a_withdrawn_token_is_given_back(x: XSimulator, desk: Desk) -> None:
    always(x, "revoked")
    token_before = x.access_token
    channel = channel_to(x)

    with pytest.raises(SendFailed) as refused:
        channel.send(a_reply(x))
    x.mischief.dice.rest()

    assert refused.value.failure is FailureClass.AUTH
    assert x.wait_until_quiet()
    assert x.access_token == token_before


def test_every_code_of_the_table_can_be_the_answer(x: XSimulator, desk: Desk) -> None:
    always(x, "349")

    with pytest.raises(SendFailed) as refused:
        channel_to(x).send(a_reply(x))

    assert (refused.value.failure, refused.value.code) == (FailureClass.RECIPIENT, "349")


def test_the_record_tells_what_was_written_and_taken_and_lies_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    with XSimulator(record=Record(path)) as x:
        written = x.customer_writes("dana", "hello")
        channel_to(x).send(a_reply(x))
        in_app = x.brand_writes_in_app("dana", "from the app")

        entries = x.record.entries()
        assert [(e["what"], e["text"]) for e in entries] == [
            ("written", "hello"),
            ("taken", "On its way"),
            ("in-app", "from the app"),
        ]
        assert (entries[0]["id"], entries[2]["id"]) == (written.id, in_app.id)
        assert {e["conversation"] for e in entries} == {f"7001-{x.customer('dana').id}"}
        assert len(path.read_text().splitlines()) == 3
