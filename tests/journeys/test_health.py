"""The operator's page in a browser: each fault appears there by itself, and is gone once it was seen to."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from helpdesk import clock
from helpdesk.messaging import deciding, delivery_queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Message
from helpdesk.orm import db
from helpdesk.transaction import transaction
from tests.journeys.conftest import Person
from tests.support.cast import newest_ticket
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]


def test_each_fault_appears_by_itself_and_clears(desk: Desk, person: OpenPerson) -> None:
    ada = person()
    ada.signs_in("/sign-in/staff", "ada@example.org")
    ada.goes_to("/admin/health")
    desk.x.echo = "none"
    expect(headline(ada)).to_contain_text("All is well")

    can_be_read_and_discarded(desk, ada)
    refused_signatures_clear_with_a_good_call(desk, ada)
    a_failed_reply_clears_when_it_is_sent(desk, ada)
    a_lost_answer_clears_when_x_tells_of_it(desk, ada)
    withdrawn_access_clears_when_it_is_connected_again(desk, ada)
    a_pause_holds_replies_until_it_is_resumed(desk, ada)
    assert ada.complaints == []


def can_be_read_and_discarded(desk: Desk, ada: Person) -> None:
    desk.x.deliver_bytes(b"<b>not json</b>")

    expect(row(desk, ada)).to_contain_text("1 event could not be taken in.")
    expect(headline(ada)).to_contain_text("One thing needs you, the rest is well")
    row(desk, ada).get_by_role("link", name="Read").click()
    ada.page.get_by_role("link", name="Could not be read").click()
    expect(ada.page.locator("#field-body")).to_have_value("<b>not json</b>")
    ada.page.get_by_label("Why it is discarded").fill("A test of ours")
    ada.page.get_by_role("button", name="Discard").click()
    expect(ada.page.get_by_role("main")).to_contain_text("A test of ours")
    is_well_again(ada)


def refused_signatures_clear_with_a_good_call(desk: Desk, ada: Person) -> None:
    desk.x.deliver_bytes(b"{}", signature="wrong")

    expect(row(desk, ada)).to_contain_text("Refusing calls")
    desk.x.customer("priya", "Priya Raman")
    desk.x.customer_writes("priya", "Where is my parcel?")
    expect(headline(ada)).to_contain_text("All is well")
    expect(row(desk, ada).locator("[data-label='Refused today']")).not_to_have_text("0")


def a_failed_reply_clears_when_it_is_sent(desk: Desk, ada: Person) -> None:
    desk.x.fail_next(349)
    reply(desk, "It is on its way", key="failed")

    expect(row(desk, ada)).to_contain_text("1 reply not sent")
    with desk.app.app_context(), transaction():
        delivery_id = db.session.query(Delivery.id).filter_by(state=DeliveryState.FAILED).scalar()
        (delivery,) = delivery_queries.lock_deliveries([delivery_id])
        deciding.retry(delivery, at=clock.now())
    expect(headline(ada)).to_contain_text("All is well")


def a_lost_answer_clears_when_x_tells_of_it(desk: Desk, ada: Person) -> None:
    desk.x.fail_next("drop")
    sent_before = len(desk.x.sent_messages)
    reply(desk, "Tomorrow", key="lost")

    expect(row(desk, ada)).to_contain_text("1 reply may have been sent")
    desk.stack.wait_until(lambda: len(desk.x.sent_messages) > sent_before)
    desk.x.tell_of_send(desk.x.sent_messages[-1], at_once=True)
    expect(headline(ada)).to_contain_text("All is well")


def withdrawn_access_clears_when_it_is_connected_again(desk: Desk, ada: Person) -> None:
    token = desk.x.access_token
    desk.x.revoke_access()

    expect(row(desk, ada)).to_contain_text("Signed out")
    row(desk, ada).get_by_role("link", name="Connect again").click()
    ada.page.get_by_role("button", name="Test").click()
    expect(ada.page.locator(".callout--bad", has_text="X says no")).to_be_visible()
    desk.x.access_token = token
    ada.page.get_by_role("button", name="Test").click()
    expect(ada.page.get_by_role("main")).to_contain_text("X takes the credentials.")
    ada.page.get_by_role("button", name="Resume").click()
    is_well_again(ada)


def a_pause_holds_replies_until_it_is_resumed(desk: Desk, ada: Person) -> None:
    row(desk, ada).get_by_role("rowheader").get_by_role("link").click()
    ada.page.get_by_role("button", name="Pause").click()
    expect(ada.page.get_by_role("main")).to_contain_text("Paused: nothing is sent")
    before = len(desk.x.sent_messages)
    reply(desk, "One more thing", key="paused")
    heard_before = desk.count(Message)
    desk.x.customer_writes("priya", "Hello?")
    desk.stack.wait_until(lambda: desk.count(Message) > heard_before)

    ada.goes_to("/admin/health")
    expect(headline(ada)).to_contain_text("Nothing needs you")
    expect(row(desk, ada)).to_contain_text("By Ada Root since")
    expect(row(desk, ada)).to_contain_text("1 reply waits.")
    assert len(desk.x.sent_messages) == before
    row(desk, ada).get_by_role("button", name="Resume").click()

    desk.stack.wait_until(lambda: len(desk.x.sent_messages) > before)
    is_well_again(ada)


def headline(ada: Person) -> Locator:
    return ada.page.locator("#headline")


def row(desk: Desk, ada: Person) -> Locator:
    return ada.page.locator(f"#health-{desk.account_id}")


def is_well_again(ada: Person) -> None:
    ada.goes_to("/admin/health")
    expect(headline(ada)).to_contain_text("All is well")


def reply(desk: Desk, text: str, *, key: str) -> None:
    desk.reply(desk.look(lambda: newest_ticket().id), text, key=key)
