"""What was set aside: read, tried again, or discarded with a reason; the admin's alone."""

from datetime import datetime, timedelta

import pytest

from helpdesk.channels.port import InboundIdentity, InboundReceipt
from helpdesk.messaging import inbound, parking
from helpdesk.messaging.inbound import RawCall
from helpdesk.messaging.models import InboundEvent, InboundState, ParkedEvent
from helpdesk.messaging.partitions import ensure
from helpdesk.orm import db
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear
from tests.views.admin.conftest import SignIn


@pytest.fixture
def event(cast: Cast, at: datetime) -> InboundEvent:
    """A body that could not be read."""
    with transaction():
        ensure(at)
        inbound.store_events(
            [RawCall(account_id=cast.x.id, body=b"<not json>", headers={"user-agent": "<b>X</b>"}, received_at=at)]
        )
        event = db.session.query(InboundEvent).one()
        inbound.settle_events([], {event.id: "the body is not JSON"}, at=at)
    db.session.refresh(event)
    return event


def test_what_was_set_aside_is_shown_with_its_reason_and_escaped(
    cast: Cast, event: InboundEvent, sign_in: SignIn
) -> None:
    browser = sign_in(cast.ada)

    assert "the body is not JSON" in browser.get("/admin/set-aside").text
    shown = browser.get(f"/admin/set-aside/{event.id}").text
    assert "&lt;not json&gt;" in shown
    assert "&lt;b&gt;X&lt;/b&gt;" in shown
    assert "<b>X</b>" not in shown


def test_retry_puts_it_back_once(cast: Cast, event: InboundEvent, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    assert browser.post(f"/admin/set-aside/{event.id}/retry").status_code == 302

    assert (event.state, event.error, event.processed_at) == (InboundState.RECEIVED, "", None)
    assert browser.post(f"/admin/set-aside/{event.id}/retry").status_code == 404
    assert browser.get(f"/admin/set-aside/{event.id}").status_code == 404


def test_a_manager_retries_nothing(cast: Cast, event: InboundEvent, sign_in: SignIn) -> None:
    assert sign_in(cast.chidi).post(f"/admin/set-aside/{event.id}/retry").status_code == 404
    assert event.state == InboundState.UNREADABLE


def test_discarded_with_a_reason_it_stays_listed_with_who_and_why(
    cast: Cast, event: InboundEvent, sign_in: SignIn
) -> None:
    browser = sign_in(cast.ada)

    assert browser.post(f"/admin/set-aside/{event.id}/discard", data={"reason": " Not <ours> "}).status_code == 302

    assert (event.state, event.discard_reason, event.discarded_by_id) == (
        InboundState.DISCARDED,
        "Not <ours>",
        cast.ada.id,
    )
    shown = browser.get("/admin/set-aside").text
    assert "Not &lt;ours&gt;" in shown
    assert "Ada Root" in shown
    assert "Nothing: every event that came was taken in." in shown
    assert "&lt;not json&gt;" in browser.get(f"/admin/set-aside/{event.id}").text


def test_who_changes_their_mind_replays_what_they_discarded(cast: Cast, event: InboundEvent, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)
    browser.post(f"/admin/set-aside/{event.id}/discard", data={"reason": "Not ours"})

    browser.post(f"/admin/set-aside/{event.id}/retry")

    assert (event.state, event.discard_reason, event.discarded_by_id) == (InboundState.RECEIVED, "", None)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501], ids=["none", "blank", "too long"])
def test_without_a_reason_nothing_is_discarded(cast: Cast, event: InboundEvent, sign_in: SignIn, reason: str) -> None:
    refused = sign_in(cast.ada).post(f"/admin/set-aside/{event.id}/discard", data={"reason": reason})

    assert refused.status_code == 422
    assert 'id="field-reason-error"' in refused.text
    assert event.state == InboundState.UNREADABLE


def test_a_manager_discards_nothing(cast: Cast, event: InboundEvent, sign_in: SignIn) -> None:
    refused = sign_in(cast.chidi).post(f"/admin/set-aside/{event.id}/discard", data={"reason": "Not ours"})

    assert refused.status_code == 404
    assert event.state == InboundState.UNREADABLE


# Waited too long


@pytest.fixture
def overdue(cast: Cast, at: datetime) -> ParkedEvent:
    """A read mark whose message did not come for eight days."""
    with transaction():
        receipt = InboundReceipt(
            conversation_key="dm:7001-8002",
            kind="read",
            reader=InboundIdentity(external_id="8002"),
            up_to_external_id="late-one",
            at=at,
        )
        parking.park(cast.x, [receipt], at=at)
        parking.set_aside_overdue(at=at + timedelta(days=8))
    return db.session.query(ParkedEvent).one()


def test_what_waited_too_long_is_shown_and_discarded_with_a_reason(
    cast: Cast, overdue: ParkedEvent, sign_in: SignIn
) -> None:
    browser = sign_in(cast.ada)
    assert f"parked-{overdue.id}" in browser.get("/admin/set-aside").text
    assert "late-one" in browser.get(f"/admin/set-aside/parked/{overdue.id}").text
    assert browser.post(f"/admin/set-aside/parked/{overdue.id}/discard", data={"reason": ""}).status_code == 422

    browser.post(f"/admin/set-aside/parked/{overdue.id}/discard", data={"reason": "Before our time"})

    assert (overdue.discard_reason, overdue.discarded_by_id) == ("Before our time", cast.ada.id)
    assert f"parked-{overdue.id}" not in browser.get("/admin/set-aside").text
    assert browser.get(f"/admin/set-aside/parked/{overdue.id}").status_code == 404


@pytest.mark.usefixtures("overdue")
def test_it_is_applied_and_gone_when_its_message_comes_after_all(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("Late", at=at, external_id="late-one"), at=at + timedelta(days=9))

    assert db.session.query(ParkedEvent).count() == 0


def test_a_manager_sees_none_of_it(cast: Cast, overdue: ParkedEvent, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    assert browser.get(f"/admin/set-aside/parked/{overdue.id}").status_code == 404
    assert browser.post(f"/admin/set-aside/parked/{overdue.id}/discard", data={"reason": "x"}).status_code == 404
