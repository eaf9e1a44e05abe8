"""A browser on the gallery, and on pages of the product as the test's own client was given them: no worker runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, sync_playwright
from werkzeug.serving import make_server

from helpdesk import clock
from tests.looks.gallery import DIST, create_gallery
from tests.support.cast import PASSWORD, Cast, a_ticket, assemble, reply

CHROMIUM = "/usr/bin/chromium"
Scheme = Literal["light", "dark"]
SIZES = {1440: 900, 1280: 800, 1024: 768, 720: 900, 390: 844}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A page of the gallery and what the browser complained of while drawing it."""

    page: Page
    complaints: list[str]


OpenPage = Callable[..., Opened]
OpenAt = Callable[[str, int], Page]
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="session")
def gallery_url() -> Iterator[str]:
    with served(create_gallery()) as url:
        yield url


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of `app` while it is served by threads of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.socket.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_page(browser: Browser, gallery_url: str) -> Iterator[OpenPage]:
    """Opens a page of the gallery once for each width and scheme; `fresh` for a test that changes it."""
    opened: dict[tuple[str, int, Scheme], Opened] = {}
    contexts = []

    def open_(name: str, *, width: int = 1440, scheme: Scheme = "light", fresh: bool = False) -> Opened:
        key = (name, width, scheme)
        if fresh or key not in opened:
            context = browser.new_context(
                viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme, reduced_motion="reduce"
            )
            contexts.append(context)
            found = _open(context.new_page(), f"{gallery_url}/{name}")
            if fresh:
                return found
            opened[key] = found
        return opened[key]

    yield open_
    for context in contexts:
        context.close()


def _open(page: Page, url: str) -> Opened:
    complaints = list[str]()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => true)")
    return Opened(page=page, complaints=complaints)


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
