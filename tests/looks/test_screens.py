"""The product's own pages: nothing that axe finds, nothing out of reach on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient

from tests.looks.conftest import OpenAt, OpenPage
from tests.support.cast import PASSWORD, Cast

PAGES = [
    "/console/queues/all-open",
    "/console/queues/mine",
    "/dashboards",
    "/dashboards/response-times",
    "/admin/people",
    "/admin/canned-replies",
    "/admin/promises",
    "/admin/opening-hours",
    "/account",
    "/console/alerts",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible(open_at: OpenAt, path: str) -> None:
    page = open_at(path, 1440)

    found = Axe().run(page).response["violations"]

    assert [(each["id"], [node["html"][:160] for node in each["nodes"][:4]]) for each in found] == []


def test_every_world_is_reached_on_a_phone(open_at: OpenAt) -> None:
    page = open_at("/admin/people", 390)

    assert page.locator(".tab-bar a:visible").all_inner_texts() == ["Tickets", "Reports", "Alerts", "Settings", "Me"]


@pytest.mark.parametrize(
    ("path", "line"), [("/console/queues/all-open", "#queue-pills"), ("/admin/set-aside", ".settings-tabs")]
)
def test_a_line_of_links_shows_the_current_one(open_at: OpenAt, path: str, line: str) -> None:
    page = open_at(path, 390)

    current = page.locator(f"{line} [aria-current]").bounding_box()

    assert current is not None
    assert current["x"] >= 0
    assert current["x"] + current["width"] <= 390


@pytest.mark.parametrize("width", [390, 360])
def test_a_ticket_is_resolved_with_the_thumb(open_at: OpenAt, client: FlaskClient, cast: Cast, width: int) -> None:
    client.post("/sign-in/staff", data={"name": cast.amal.email, "password": PASSWORD})
    page = open_at("/console/queues/all-open", width)
    page = open_at(str(page.locator(".ticket-row__link").first.get_attribute("href")), width)

    button = page.get_by_role("button", name="Resolve").bounding_box()

    assert button is not None
    assert button["x"] + button["width"] <= width


def test_the_corners_where_a_run_touches_are_small(open_page: OpenPage) -> None:
    page = open_page("messenger", fresh=True).page
    corner = "getComputedStyle(document.querySelector('.message--continues .bubble')).borderStartStartRadius"
    seen = page.evaluate(corner)

    # The speaker's name stands before the bubble for who listens.
    page.locator(".message--continues .bubble").first.evaluate(
        "bubble => bubble.before(Object.assign(document.createElement('span'), { className: 'unseen' }))"
    )

    assert [seen, page.evaluate(corner)] == ["5px", "5px"]
