"""The main job in real browsers: a customer writes, an agent answers, a worker carries it, a manager sees how long.

Nobody reloads a page: what happens appears by itself.
"""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Person
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]


def test_over_the_native_network(desk: Desk, person: OpenPerson) -> None:
    amal, dana, chidi = person(), person(), person()
    amal.signs_in("/sign-in/staff", "amal@example.org")
    amal.goes_to("/console/queues/all-open")
    dana.signs_in("/sign-in", "dana")

    # Dana finds Larkpost by typing, opens its profile and presses Message.
    dana.goes_to("/messages/people/larkpost")
    dana.page.get_by_role("main").get_by_role("link", name="Message", exact=True).or_(
        dana.page.get_by_role("main").get_by_role("button", name="Message", exact=True)
    ).first.click()
    writes(dana, "My lamp came and the shade is bent")

    # The ticket appears in Amal's open console by itself.
    row = ticket_row(amal, "Dana Okafor")
    expect(row).to_contain_text("the shade is bent")
    dana.goes_to("/messages")
    row.click()
    answers_with_canned_reply(amal)

    # Delivered while Dana looks elsewhere; read once the open page has it.
    expect(last_delivery(amal)).to_contain_text("Delivered")
    dana.page.go_back()
    expect(dana.page.locator("#messages")).to_contain_text("Hi Dana, Amal here. Let me look.")
    expect(last_delivery(amal)).to_contain_text("Read")

    # The manager's numbers contain it.
    sees_the_answer(chidi, channel="native")
    assert [one.complaints for one in (amal, dana, chidi)] == [[], [], []]


def test_over_x(desk: Desk, person: OpenPerson) -> None:
    amal, chidi = person(), person()
    amal.signs_in("/sign-in/staff", "amal@example.org")
    amal.goes_to("/console/queues/all-open")

    desk.x.customer("priya", "Priya Raman")
    desk.x.customer_writes("priya", "Where is my parcel?")

    row = ticket_row(amal, "Priya Raman")
    expect(row).to_contain_text("Where is my parcel?")
    row.click()
    answers_with_canned_reply(amal)

    # X took it: accepted is all that is known, and all that is shown.
    expect(last_delivery(amal)).to_contain_text("Sent")
    assert [m.text for m in desk.x.messages_with("priya")][-1] == "Hi Priya, Amal here. Let me look."
    desk.x.mark_read("priya")
    expect(last_delivery(amal)).to_contain_text("Read")
    sees_the_answer(chidi, channel="x")
    assert [one.complaints for one in (amal, chidi)] == [[], []]


def ticket_row(agent: Person, customer: str) -> Locator:
    return agent.page.locator(".ticket-row", has_text=customer).locator(".ticket-row__link").first


def writes(customer: Person, text: str) -> None:
    field = customer.page.locator("textarea[name=body]")
    field.fill(text)
    field.press("Enter")
    expect(customer.page.locator("#messages")).to_contain_text(text)


def answers_with_canned_reply(agent: Person) -> None:
    """By keyboard alone: r to the composer, / and the shortcut, Enter to take it, Ctrl+Enter to send."""
    expect(agent.page.locator("#composer textarea")).to_be_visible()
    agent.page.keyboard.press("r")
    expect(agent.page.locator("#composer textarea")).to_be_focused()
    agent.page.keyboard.type("/hello")
    expect(agent.page.locator(".canned")).to_be_visible()
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator("#composer textarea")).to_have_value(f"Hi {first_name(agent)}, Amal here. Let me look.")
    agent.page.keyboard.press("Control+Enter")
    expect(agent.page.locator("#messages .message--out").last).to_contain_text("Amal here. Let me look.")


def first_name(agent: Person) -> str:
    return agent.page.locator(".thread__head").inner_text().split()[0]


def last_delivery(agent: Person) -> Locator:
    return agent.page.locator("#messages .message--out .delivery").last


def sees_the_answer(manager: Person, *, channel: str) -> None:
    """The channel's first responses are this one; the number opens its ticket."""
    manager.signs_in("/sign-in/staff", "chidi@example.org")
    manager.goes_to(f"/dashboards/response-times?channel={channel}")
    first_responses = manager.page.get_by_role("row", name="First response Clock")
    expect(first_responses.get_by_role("cell").nth(1)).to_have_text("1")
    first_responses.get_by_role("cell").nth(1).get_by_role("link").click()
    expect(manager.page.get_by_role("main").locator("tbody tr")).to_have_count(1)
