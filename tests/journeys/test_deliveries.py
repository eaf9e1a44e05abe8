"""Every state of a reply in a real browser, with its reason and what may be done about it: by keyboard where one would.

Nobody reloads a page: what a worker did appears by itself.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.port import FailureClass
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Health
from helpdesk.orm import db
from helpdesk.people.models import Brand
from helpdesk.people.permissions import Act
from helpdesk.people.queries import agent_by_email
from helpdesk.tickets import queries, replying
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.journeys.conftest import OUTPUT, Person
from tests.support.cast import standing
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]


@pytest.fixture
def amal(desk: Desk, person: OpenPerson) -> Iterator[Person]:
    """Amal at the queue of all open tickets; X refuses nothing and has sends left."""
    desk.x.limit.change(limit=1000, window=timedelta(minutes=15))
    change(desk, undo_seconds=8)
    amal = person()
    amal.signs_in("/sign-in/staff", "amal@example.org")
    amal.goes_to("/console/queues/all-open")
    yield amal
    assert amal.complaints == []


def change(desk: Desk, *, undo_seconds: int) -> None:
    with desk.app.app_context(), transaction():
        db.session.get_one(Brand, desk.brand_id).undo_seconds = undo_seconds
        account = db.session.get_one(ChannelAccount, desk.account_id)
        account.health, account.health_reason = Health.OK, ""
        account.quota_remaining = account.quota_resets_at = account.quota_limit = None


def a_customer_writes(desk: Desk, amal: Person, name: str) -> None:
    """And Amal opens their ticket."""
    desk.x.customer(name.split()[0].lower(), name)
    # Under a pointer a list does not move.
    amal.page.mouse.move(900, 300)
    desk.x.customer_writes(name.split()[0].lower(), "Where is my parcel?")
    amal.page.locator(".ticket-row", has_text=name).locator(".ticket-row__link").first.click()
    expect(amal.page.locator(".thread__head")).to_contain_text(name)


def writes(amal: Person, text: str) -> None:
    field = amal.page.locator("#composer textarea")
    expect(field).to_be_visible()
    amal.page.keyboard.press("Escape")
    amal.page.keyboard.press("r")
    expect(field).to_be_focused()
    amal.page.keyboard.type(text)


def sends(amal: Person, text: str) -> None:
    writes(amal, text)
    amal.page.keyboard.press("Control+Enter")
    expect(ours(amal)).to_contain_text(text)


def ours(amal: Person) -> Locator:
    return amal.page.locator("#messages .message--out").last


def said_to(desk: Desk, name: str) -> list[str]:
    return [m.text for m in desk.x.messages_with(name) if m.sender_id == desk.x.brand.id]


def looks_right(page: Page, name: str) -> None:
    """Nothing that axe finds, light and dark; photographed wide and on a phone."""
    OUTPUT.mkdir(exist_ok=True)
    size = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found] == []
        page.screenshot(path=OUTPUT / f"delivery-{name}-{scheme}.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=OUTPUT / f"delivery-{name}-390-{scheme}.png")
        if size is not None:
            page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")


def test_a_reply_is_undone_by_key_and_sent_after_all(desk: Desk, amal: Person) -> None:
    a_customer_writes(desk, amal, "Una Undoes")
    # Long enough for a busy machine to photograph it and to press two keys.
    change(desk, undo_seconds=60)
    sends(amal, "On its weigh")
    expect(ours(amal)).to_contain_text(re.compile(r"Sending in \d+ s"))
    looks_right(amal.page, "undo")

    amal.page.keyboard.press("Escape")
    amal.page.keyboard.press("z")

    field = amal.page.locator("#composer textarea")
    expect(field).to_have_value("On its weigh")
    expect(field).to_be_focused()
    expect(amal.page.locator("#messages")).not_to_contain_text("On its weigh")
    assert said_to(desk, "una") == []

    change(desk, undo_seconds=1)
    field.fill("On its way")
    amal.page.keyboard.press("Control+Enter")
    expect(ours(amal).locator(".delivery")).to_contain_text("Sent")
    desk.x.mark_read("una")
    expect(ours(amal).locator(".delivery")).to_contain_text("Read")
    assert said_to(desk, "una") == ["On its way"]


def test_a_reply_for_later_is_chosen_moved_held_and_changed(desk: Desk, amal: Person) -> None:
    a_customer_writes(desk, amal, "Lars Later")
    writes(amal, "Good morning Lars")

    # By keyboard: from the words to the arrow beside Send, and down to "Tomorrow".
    more = amal.page.get_by_role("button", name="More ways to send")
    more.focus()
    amal.page.keyboard.press("Enter")
    menu = amal.page.get_by_role("group", name="More ways to send")
    expect(menu).to_be_visible()
    looks_right(amal.page, "later-menu")
    for _ in range(3):
        amal.page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Tomorrow")).to_be_focused()
    amal.page.keyboard.press("Enter")

    expect(ours(amal).locator(".delivery")).to_contain_text(re.compile(r"Goes \w{3} 09:00"))
    expect(amal.page.locator(".ticket-row", has_text="Lars Later")).to_contain_text("Scheduled")
    looks_right(amal.page, "scheduled")

    ours(amal).get_by_role("button", name="Change time").click()
    ours(amal).get_by_role("button", name="In an hour").click()
    expect(ours(amal).locator(".delivery")).not_to_contain_text("09:00")
    expect(amal.page.locator("#messages .day")).to_have_count(1)

    desk.x.customer_writes("lars", "Never mind, it is here")
    held = ours(amal).get_by_role("alert", name="Held: Lars wrote meanwhile")
    expect(held).to_be_visible()
    expect(amal.page.locator(".ticket-row", has_text="Lars Later")).to_contain_text("Held")
    looks_right(amal.page, "held")

    held.get_by_role("button", name="Change").click()
    expect(amal.page.locator("#composer textarea")).to_have_value("Good morning Lars")
    expect(amal.page.locator("#messages")).not_to_contain_text("Good morning Lars")
    assert said_to(desk, "lars") == []


def test_a_time_of_ones_own_is_taken_by_enter_and_can_be_overruled(desk: Desk, amal: Person) -> None:
    a_customer_writes(desk, amal, "Olga Own")
    writes(amal, "In two days")
    amal.page.get_by_role("button", name="More ways to send").click()
    field = amal.page.locator("#composer [name=later_at]")
    field.fill(f"{clock.now() + timedelta(days=2):%Y-%m-%d}T14:30")
    field.press("Enter")

    expect(ours(amal).locator(".delivery")).to_contain_text("14:30")
    ours(amal).get_by_role("button", name="Send now").click()
    expect(ours(amal).locator(".delivery")).to_contain_text("Sent")
    assert said_to(desk, "olga") == ["In two days"]


def test_a_reply_that_waits_for_the_networks_limit_says_when_it_goes(desk: Desk, amal: Person) -> None:
    change(desk, undo_seconds=0)
    desk.x.limit.change(limit=1, window=timedelta(minutes=15))
    a_customer_writes(desk, amal, "Quinn Quick")
    sends(amal, "First")
    expect(ours(amal).locator(".delivery")).to_contain_text("Sent")
    a_customer_writes(desk, amal, "Wanda Waits")
    sends(amal, "Second")

    expect(ours(amal).locator(".delivery")).to_contain_text(
        re.compile(r"Will be sent about \d\d:\d\d: X allows 1 message in 15 minutes")
    )
    looks_right(amal.page, "quota")
    ours(amal).get_by_role("button", name="Cancel").click()
    expect(amal.page.locator("#composer textarea")).to_have_value("Second")
    assert said_to(desk, "wanda") == []


def test_a_refused_reply_says_why_and_holds_the_next_until_one_decides(desk: Desk, amal: Person) -> None:
    change(desk, undo_seconds=0)
    a_customer_writes(desk, amal, "Rita Refuses")
    desk.x.fail_next("349")
    sends(amal, "Hello Rita")
    failed = amal.page.get_by_role("group", name="Not delivered")
    expect(failed).to_contain_text("You cannot send messages to this user. Sending again will not help.")
    sends(amal, "Are you there?")
    expect(ours(amal).locator(".delivery")).to_contain_text("Waits for the message above")
    looks_right(amal.page, "failed")

    failed.get_by_role("button", name="Retry").press("Enter")

    expect(failed).to_have_count(0)
    expect(ours(amal).locator(".delivery")).to_contain_text("Sent")
    assert said_to(desk, "rita") == ["Hello Rita", "Are you there?"]


def test_an_unknown_reply_is_looked_for_and_said_to_have_arrived(desk: Desk, amal: Person) -> None:
    change(desk, undo_seconds=0)
    a_customer_writes(desk, amal, "Ursula Unknown")
    try:
        # Neither X's telling nor its record says what became of it, however long we look at it.
        desk.x.hold_deliveries()
        desk.x.fail_next("gateway", times=50, on="read")
        desk.x.fail_next("drop")
        sends(amal, "Hello Ursula")
        unknown = amal.page.get_by_role("alert", name="Arrived? Not known")
        expect(unknown).to_contain_text("Look there first: sent again, it may arrive twice.")
        where = re.compile(r"^https://x\.com/messages/")
        expect(unknown.get_by_role("link", name="Look")).to_have_attribute("href", where)
        expect(unknown.get_by_role("button", name="Send again")).to_be_visible()
        looks_right(amal.page, "unknown")

        unknown.get_by_role("button", name="It arrived").click()

        expect(ours(amal).locator(".delivery")).to_contain_text("Sent")
    finally:
        desk.x.faults.clear()
        desk.x.release_deliveries()
    assert said_to(desk, "ursula") == ["Hello Ursula"]


WORDS = {
    FailureClass.TRANSIENT: "Nothing arrived, so sending again is safe.",
    FailureClass.THROTTLED: "Nothing arrived, so sending again later is safe.",
    FailureClass.WINDOW_CLOSED: "The time to answer is over on this network.",
    FailureClass.RECIPIENT: "This customer cannot be written to.",
    FailureClass.CONTENT: "Change it and send it anew.",
    FailureClass.AUTH: "An admin must connect the account again; then retry.",
    FailureClass.ACCOUNT: "The network has restricted our account.",
    FailureClass.CONFIG: "The channel is not set up rightly.",
    FailureClass.BILLING: "The network asks for payment.",
}


def test_what_was_not_delivered_stands_on_one_page_by_cause(desk: Desk, amal: Person) -> None:
    classes = [*FailureClass, FailureClass.RECIPIENT]
    for number, failure in enumerate(classes):
        fail(desk, f"failed{number}", failure)
    amal.page.get_by_role("link", name="Not delivered").first.click()

    for words in WORDS.values():
        expect(amal.page.locator("#undelivered")).to_contain_text(words)
    looks_right(amal.page, "undelivered")
    recipients = amal.page.locator("#undelivered section", has_text="This customer cannot be written to.")
    recipients.get_by_role("button", name="Retry all 2").press("Enter")

    expect(recipients).to_have_count(0)
    expect(amal.page.locator("#toasts")).to_contain_text("2 replies are sent again")
    expect(amal.page.locator("#queue-undelivered .queue__count")).to_have_text(str(len(classes) - 2))


def fail(desk: Desk, name: str, failure: FailureClass) -> None:
    """A reply to this customer has failed for good, and the network gave no reason of its own."""
    desk.x.customer(name, f"Fay {name}")
    tickets = desk.count(Ticket)
    desk.x.customer_writes(name, "Hello?")
    desk.stack.wait_until(lambda: desk.count(Ticket) > tickets)
    with desk.app.app_context(), transaction():
        amal = agent_by_email("amal@example.org")
        assert amal is not None
        newest = db.session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(1)).one()
        ticket = queries.lock_ticket(newest, standing(amal), Act.REPLY)
        message = replying.reply_to_ticket(ticket, f"About {name}", key=f"key-{name}", by=amal, at=clock.now())
        # In the transaction that wrote it, so that no worker takes it up.
        delivery = db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
        delivery.state, delivery.failure, delivery.attempts = DeliveryState.FAILED, failure, 1
        replying.reply_failed(delivery, at=clock.now())
