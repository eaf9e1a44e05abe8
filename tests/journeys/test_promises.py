"""A manager changes what is promised, by keyboard, and finds it on the open ticket; an agent is alerted."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from helpdesk import clock
from helpdesk.people.queries import agent_by_email
from helpdesk.tickets import alerts
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.journeys.conftest import Person
from tests.support.cast import newest_ticket
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]


def test_a_manager_looks_publishes_and_applies(desk: Desk, person: OpenPerson) -> None:
    desk.x.customer("priya", "Priya Raman")
    desk.x.customer_writes("priya", "Where is my parcel?")
    desk.stack.wait_until(lambda: desk.count(Ticket) == 1)
    chidi = person()
    chidi.signs_in("/sign-in/staff", "chidi@example.org")

    opens_all_day_on_sundays(chidi.page, chidi)
    promises_seven_minutes(chidi.page, chidi)

    assert "Standard" in desk.look(lambda: newest_ticket().matched)
    amal = person()
    is_alerted(desk, amal)
    assert amal.complaints == []
    # Chromium itself complains of the refused form.
    assert [said for said in chidi.complaints if "422" not in said] == []


def opens_all_day_on_sundays(page: Page, chidi: Person) -> None:
    chidi.goes_to("/admin/opening-hours")
    page.get_by_role("link", name="Opening hours").last.click()
    page.get_by_label("Sunday").fill("all day long")
    page.keyboard.press("Enter")
    expect(page.locator("#field-day-6-error")).to_contain_text("Write times as")
    expect(page.get_by_label("Sunday")).to_have_value("all day long")
    page.get_by_label("Sunday").fill("all day")
    page.get_by_label("Sunday").press("Enter")
    expect(page.locator("#coming-days")).to_contain_text("all day")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Sun all day")
    expect(page.get_by_role("main")).to_contain_text("1 open ticket has new promises.")


def promises_seven_minutes(page: Page, chidi: Person) -> None:
    chidi.goes_to("/admin/promises")
    page.get_by_role("link", name="Standard").press("Enter")
    page.get_by_label("First response within").fill("7 min")
    page.get_by_role("button", name="What if").press("Enter")
    expect(page.locator("#tried")).to_contain_text("waits of customers, timed again by the changed promise")
    expect(page.get_by_label("First response within")).to_have_value("7 min")
    page.get_by_label("First response within").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("1 open ticket is promised something else by this")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.get_by_role("row", name="Standard")).to_contain_text("7 min")
    page.get_by_role("button", name="Move Standard up").press("Enter")
    expect(page.get_by_role("row", name="1. Standard")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("All open tickets are promised what these rules say")


def is_alerted(desk: Desk, amal: Person) -> None:
    """On whatever page of the staff, and until the ticket was looked at."""
    amal.signs_in("/sign-in/staff", "amal@example.org")
    amal.goes_to("/dashboards/response-times")
    rail = amal.page.get_by_role("navigation", name="Main", exact=True)
    expect(rail.get_by_role("link", name="Alerts", exact=True)).to_be_visible()

    with desk.app.app_context(), transaction():
        agent = agent_by_email("amal@example.org")
        assert agent is not None
        alerts.alert(newest_ticket(), "The first response is overdue", [agent], at=clock.now())

    expect(amal.page.locator("#toasts")).to_contain_text("The first response is overdue: Priya Raman")
    rail.get_by_role("link", name="Alerts, 1 new").press("Enter")
    amal.page.get_by_role("main").get_by_role("link", name="Priya Raman").press("Enter")
    expect(amal.page.locator("#composer textarea")).to_be_visible()
    expect(rail.get_by_role("link", name="Alerts", exact=True)).to_be_visible()
