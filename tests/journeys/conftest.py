"""Browsers on the whole product: PostgreSQL, Valkey, web, workers, schedule and X's stand-in all run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.cast import PASSWORD
from tests.support.desk import Desk, an_x, opened, settings_for
from tests.support.stack import Stack

CHROMIUM = "/usr/bin/chromium"
OUTPUT = Path(__file__).parent.parent / "output"
PATIENCE_MS = 20_000
"""For what takes a worker, a notice and a fetch; a machine may be busy."""


@pytest.fixture(scope="module")
def desk(start_stack: Callable[..., Stack]) -> Iterator[Desk]:
    with an_x() as x, opened(start_stack(**settings_for(x)), x) as desk:
        yield desk


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


class Person:
    """Somebody with a browser of their own, and what it complained of."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def goes_to(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def signs_in(self, path: str, name: str) -> None:
        self.goes_to(path)
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def person(browser: Browser, desk: Desk, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """`person()` opens a browser profile; at the end each page is photographed for whoever looks at a failure."""
    people: list[Person] = []

    def open_(width: int = 1440, height: int = 900) -> Person:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        people.append(Person(context, desk.stack.url))
        return people[-1]

    yield open_
    OUTPUT.mkdir(exist_ok=True)
    for number, one in enumerate(people):
        one.page.screenshot(path=OUTPUT / f"{request.node.name}-{number}.png")
        one.context.close()
