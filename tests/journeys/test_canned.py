"""Canned replies by keyboard where the network is slow and the caret wanders."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.journeys.conftest import Person
from tests.support.desk import Desk


def test_canned_replies_go_away_when_no_longer_asked_for(desk: Desk, person: Callable[..., Person]) -> None:
    amal = person()
    amal.signs_in("/sign-in/staff", "amal@example.org")
    amal.goes_to("/console/queues/all-open")
    desk.x.customer("tomas", "Tomas Vega")
    desk.x.customer_writes("tomas", "Do you ship to Quito?")
    amal.page.locator(".ticket-row", has_text="Tomas Vega").locator(".ticket-row__link").first.click()

    # Each letter asks for the list, and the network answers the second only when the first list has been used.
    asked: list[Route] = []
    amal.page.route("**/canned-replies", lambda route: asked.append(route))
    amal.page.locator("#composer textarea").press_sequentially("/h")
    while len(asked) < 2:
        amal.page.wait_for_timeout(50)
    asked[0].continue_()
    expect(amal.page.locator(".canned")).to_be_visible()
    amal.page.keyboard.press("Enter")
    with amal.page.expect_response("**/canned-replies"):
        asked[1].continue_()
    amal.page.keyboard.type(" We do!")
    amal.page.keyboard.press("Control+Enter")

    expect(amal.page.locator("#messages .message--out").last).to_contain_text("Let me look. We do!")
    expect(amal.page.locator(".canned")).to_have_count(0)

    # A caret that has left the shortcut leaves the list, too: Enter is a new line again.
    amal.page.unroute_all()
    amal.page.locator("#composer textarea").press_sequentially("/h")
    expect(amal.page.locator(".canned")).to_be_visible()
    amal.page.keyboard.press("Home")
    amal.page.keyboard.press("Enter")
    expect(amal.page.locator("#composer textarea")).to_have_value("\n/h")
    expect(amal.page.locator(".canned")).to_have_count(0)
    assert amal.complaints == []
