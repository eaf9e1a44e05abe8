"""A browser on the gallery. Only what is drawn is looked at here: no database, no worker."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.looks.gallery import create_gallery

CHROMIUM = "/usr/bin/chromium"
Scheme = Literal["light", "dark"]
SIZES = {1440: 900, 1280: 800, 1024: 768, 720: 900, 390: 844}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A page of the gallery and what the browser complained of while drawing it."""

    page: Page
    complaints: list[str]


OpenPage = Callable[..., Opened]


@pytest.fixture(scope="session")
def gallery_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_gallery(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, gallery_url: str) -> Iterator[OpenPage]:
    contexts = []

    def open_(name: str, *, width: int = 1440, scheme: Scheme = "light") -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{gallery_url}/{name}", wait_until="load")
        page.evaluate("document.fonts.ready.then(() => true)")
        return Opened(page=page, complaints=complaints)

    yield open_
    for context in contexts:
        context.close()
