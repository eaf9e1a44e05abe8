"""A browser on the gallery. Only what is drawn is looked at here: no database, no worker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pytest
from flask import Flask
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
