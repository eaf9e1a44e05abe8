"""Tables on a phone are rows: nothing has to be pushed sideways, and every value says what it is.

The pages are those of the product; the browser is given what the test's own client was answered.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

from helpdesk import clock
from tests.looks.gallery import DIST
from tests.support.cast import PASSWORD, Cast, a_ticket, assemble, reply

MINUTE = timedelta(minutes=1)
OpenAt = Callable[[str, int], Page]
PHONES = (390, 360)
PAGES = (
    "/dashboards",
    "/dashboards/tickets?number=open",
    "/dashboards/response-times",
    "/dashboards/response-times/rows",
    "/admin/people",
    "/admin/teams",
    "/admin/brands",
    "/admin/channels",
)


@pytest.fixture
def cast(client: FlaskClient) -> Cast:
    """Two tickets just now, one answered, and Ada signed in, who may see every page."""
    now = clock.now().replace(microsecond=0)
    cast = assemble(at=now - timedelta(days=2))
    answered = a_ticket(cast, at=now - 60 * MINUTE, customer="1", text="Dana asks")
    a_ticket(cast, at=now - 50 * MINUTE, customer="2", text="Omar asks")
    reply(answered, "Let me look", by=cast.amal, at=now - 40 * MINUTE)
    client.post("/sign-in/staff", data={"name": cast.ada.email, "password": PASSWORD})
    return cast


@pytest.fixture
def open_at(browser: Browser, client: FlaskClient, cast: Cast) -> Iterator[OpenAt]:
    context = browser.new_context(reduced_motion="reduce")

    def open_(path: str, width: int) -> Page:
        html, page = client.get(path).text, context.new_page()
        page.set_viewport_size({"width": width, "height": 844})
        page.route("**/*", lambda route: _answer(route, html))
        page.goto(f"http://helpdesk.test{path}")
        return page

    yield open_
    context.close()


def _answer(route: Route, html: str) -> None:
    asked = urlsplit(route.request.url).path
    if route.request.is_navigation_request():
        route.fulfill(body=html, content_type="text/html")
    elif asked.startswith("/static/"):
        route.fulfill(path=DIST / asked.removeprefix("/static/"))
    else:
        route.abort()


@pytest.mark.parametrize("path", PAGES)
def test_no_table_scrolls_sideways_on_a_phone(open_at: OpenAt, path: str) -> None:
    wide = {}
    for width in PHONES:
        page = open_at(path, width)
        for details in page.locator("details.chart, .chart details").all():
            details.evaluate("each => { each.open = true }")
        assert page.locator(".table").count()
        wide[width] = page.evaluate(
            "[...document.querySelectorAll('.table-scroller')].filter(s => s.scrollWidth > s.clientWidth)"
            ".map(s => s.querySelector('caption').textContent)"
        )

    assert wide == {width: [] for width in PHONES}


@pytest.mark.parametrize("path", PAGES)
def test_every_value_of_a_row_says_what_it_is(open_at: OpenAt, path: str) -> None:
    page = open_at(path, 390)

    nameless = page.evaluate(
        "[...document.querySelectorAll('.table--rows tbody td:not(:empty, .table__beside, .table__actions)')]"
        ".filter(cell => getComputedStyle(cell, '::before').content === 'none').map(cell => cell.outerHTML)"
    )

    assert nameless == []


def test_agents_can_still_be_sorted_on_a_phone(open_at: OpenAt) -> None:
    page = open_at("/dashboards/response-times", 390)

    sorts = page.locator("#agents thead a")

    assert sorts.all_inner_texts() == ["Answers", "Median", "p90", "Kept", "Waiting now"]
    assert min(box["height"] for each in sorts.all() if (box := each.bounding_box())) >= 24
