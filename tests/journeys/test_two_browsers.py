"""One member in two browsers (A11): what happens in one is in the other, and after being offline nothing is missing."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from helpdesk.messaging.models import Message
from tests.journeys.conftest import Person
from tests.support.cast import newest_ticket
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]
WITHIN_A_SECOND_OR_SO = 5_000
"""Milliseconds; a busy machine needs some."""


def test_two_browsers_stay_in_step_and_catch_up(desk: Desk, person: OpenPerson) -> None:
    laptop, phone = person(), person(width=390, height=844)
    for browser in (laptop, phone):
        browser.signs_in("/sign-in", "dana")
    laptop.goes_to("/messages/people/larkpost")
    main = laptop.page.get_by_role("main")
    main.get_by_role("link", name="Message", exact=True).or_(
        main.get_by_role("button", name="Message", exact=True)
    ).first.click()
    writes(laptop, "The first line")
    laptop.page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}"))
    phone.page.goto(laptop.page.url)
    expect(phone.page.locator("#messages")).to_contain_text("The first line")

    # In step, both ways.
    writes(laptop, "From the laptop")
    expect(phone.page.locator("#messages")).to_contain_text("From the laptop", timeout=WITHIN_A_SECOND_OR_SO)
    writes(phone, "From the phone")
    expect(laptop.page.locator("#messages")).to_contain_text("From the phone", timeout=WITHIN_A_SECOND_OR_SO)

    # Offline while the other writes and Larkpost answers.
    phone.context.set_offline(True)
    for number in range(1, 6):
        writes(laptop, f"While you were away {number}")
    # The words stand in the page before the server has them.
    desk.stack.wait_until(lambda: desk.count(Message) == 8)
    answers(desk, "Larkpost answers", key="while-away")
    expect(laptop.page.locator("#messages")).to_contain_text("Larkpost answers")
    assert "While you were away" not in phone.page.locator("#messages").inner_text()
    phone.context.set_offline(False)
    has_caught_up(phone, laptop)

    # The web server dies: every stream is cut, and what is said before it is back comes all the same.
    desk.stack.kill("web")
    answers(desk, "Said while nobody could be told", key="while-dead")
    desk.stack.wait_until(desk.stack.answers)
    expect(laptop.page.locator("#messages")).to_contain_text("Said while nobody could be told", timeout=60_000)
    has_caught_up(phone, laptop)

    said = lines(laptop)
    assert said == [
        "The first line",
        "From the laptop",
        "From the phone",
        *[f"While you were away {number}" for number in range(1, 6)],
        "Larkpost answers",
        "Said while nobody could be told",
    ]
    assert desk.count(Message) == len(said)


def has_caught_up(behind: Person, ahead: Person) -> None:
    """Nothing missing, nothing twice, in the same order, and by itself."""
    expect(behind.page.locator("#messages .bubble")).to_have_count(len(lines(ahead)), timeout=60_000)
    assert lines(behind) == lines(ahead)


def lines(who: Person) -> list[str]:
    return [words.strip() for words in who.page.locator("#messages .bubble").all_inner_texts()]


def writes(who: Person, text: str) -> None:
    field = who.page.locator("textarea[name=body]")
    field.fill(text)
    field.press("Enter")
    expect(who.page.locator("#messages")).to_contain_text(text)


def answers(desk: Desk, text: str, *, key: str) -> None:
    desk.reply(desk.look(lambda: newest_ticket().id), text, key=key)
