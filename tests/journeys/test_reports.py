"""A manager asks what the work took, keeps a report by keyboard, and shows it to somebody without an account."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.tickets.models import Handling, Ticket
from tests.journeys.conftest import Person
from tests.support.desk import Desk

OpenPerson = Callable[..., Person]


def test_a_report_is_kept_and_shown(desk: Desk, person: OpenPerson) -> None:
    desk.x.customer("priya", "Priya Raman")
    desk.x.customer_writes("priya", "Where is my parcel?")
    desk.stack.wait_until(lambda: desk.count(Ticket) == 1)
    chidi = person()
    chidi.signs_in("/sign-in/staff", "chidi@example.org")

    has_the_ticket_in_hand(desk, chidi)
    finds_what_is_left(chidi.page, chidi)
    link = keeps_the_backlog(chidi.page, chidi)

    anybody = person(390, 844)
    anybody.page.goto(link)
    expect(anybody.page.get_by_role("heading", name="What is left")).to_be_visible()
    expect(anybody.page.get_by_role("main")).not_to_contain_text("Priya")
    assert is_accessible(anybody.page)
    # Chromium itself complains of the refused form.
    assert [said for said in chidi.complaints + anybody.complaints if "422" not in said] == []


def has_the_ticket_in_hand(desk: Desk, chidi: Person) -> None:
    """The open page tells that it is at the ticket, and goes on telling."""
    chidi.goes_to("/dashboards/workload/backlog")
    chidi.page.get_by_role("link", name="Priya Raman").press("Enter")
    expect(chidi.page.locator("#composer")).to_be_visible()
    desk.stack.wait_until(lambda: desk.count(Handling) == 1)
    chidi.goes_to("/console")


def finds_what_is_left(page: Page, chidi: Person) -> None:
    chidi.goes_to("/dashboards/workload")
    expect(page.locator("#backlog")).to_contain_text("1 not resolved now")
    expect(page.locator("#handle-time")).to_contain_text("Chidi")
    assert is_accessible(page)
    page.get_by_role("link", name="1", exact=True).first.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Priya Raman")


def keeps_the_backlog(page: Page, chidi: Person) -> str:
    """The address of its link."""
    chidi.goes_to("/dashboards/kept")
    page.get_by_label("Name").fill("What is left")
    page.get_by_label("What", exact=True).select_option("backlog")
    page.get_by_label("Mailed").select_option("week")
    page.get_by_label("To").fill("the boss")
    page.get_by_label("To").press("Enter")
    expect(page.locator("#field-recipients-error")).to_contain_text("is no e-mail address")
    expect(page.get_by_label("To")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("What is left")
    page.get_by_label("To").fill("boss@example.org")
    page.get_by_label("To").press("Enter")
    expect(page.locator("#kept")).to_contain_text("Every Monday at 07:00 to boss@example.org")
    page.get_by_role("link", name="What is left").press("Enter")
    page.get_by_role("button", name="Make the link").press("Enter")
    expect(page.locator("#link")).to_contain_text("it is shown only here")
    assert is_accessible(page)
    return page.locator("#field-link").input_value()


def is_accessible(page: Page) -> bool:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    return True
