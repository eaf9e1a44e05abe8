"""The measures of the layout, within four pixels, at the widths where it changes."""

import pytest
from playwright.sync_api import Page

from tests.looks.conftest import SIZES, OpenPage

TOLERANCE = 4

WIDTHS = [
    ("console-open", 1440, {".rail": 48, ".queues": 200, ".tickets": 324, ".thread": 580, ".details": 288}),
    ("console-open", 1280, {".rail": 48, ".queues": 200, ".tickets": 324, ".details": 288}),
    ("console-open", 1024, {".rail": 48, ".tickets": 300, ".thread": 676}),
    ("console-open", 720, {".tickets": 280}),
    ("console-open", 390, {".thread": 390}),
    ("console-list", 390, {".tickets": 390}),
    ("messenger", 1440, {".rail": 72, ".inbox": 372, ".info": 300}),
    ("messenger", 390, {".talk": 390}),
    ("manager-live", 1440, {".rail": 48, ".side-nav": 200}),
    ("signin", 1440, {".session__column": 340}),
    ("profile", 1440, {".profile__main": 640, ".profile__side": 400}),
]
HEIGHTS = [
    (
        "console-open",
        1440,
        {
            ".tickets__bar": 48,
            ".ticket-row": 64,
            ".thread__head": 84,
            ".queue": 28,
            ".thread__top": 48,
            ".thread__tools": 36,
            ".composer": 114,
            ".message .bubble": 34,
            ".thread__tools .pill": 24,
            ".clock--chip": 24,
            ".composer__foot .icon-button": 28,
            ".split .button": 28,
        },
    ),
    ("console-list", 390, {".ticket-row": 72, ".tickets__filters .pill": 32, ".tab-bar": 64}),
    ("messenger", 1440, {".talk__head": 60, ".inbox-row": 72, ".inbox-row .face--48": 48, ".message-composer": 64}),
    (
        "manager-live",
        1440,
        {".page__head": 52, ".filters": 44, ".tile": 104, ".table tbody tr": 40, ".table--two-line tbody tr": 48},
    ),
    ("profile", 1440, {".profile__cover": 188, ".face--96": 96}),
    ("profile", 390, {".profile__cover": 140}),
    ("signin", 1440, {".field--signin .input": 42, ".button--signin": 42}),
]


def measured(page: Page, selectors: list[str], side: str) -> dict[str, float]:
    read = "([s, side]) => document.querySelector(s).getBoundingClientRect()[side]"
    return {selector: page.evaluate(read, [selector, side]) for selector in selectors}


@pytest.mark.parametrize(("name", "width", "wanted"), WIDTHS, ids=[f"{n} {w}" for n, w, _ in WIDTHS])
def test_columns_have_their_width(open_page: OpenPage, name: str, width: int, wanted: dict[str, float]) -> None:
    page = open_page(name, width=width).page

    assert measured(page, list(wanted), "width") == pytest.approx(wanted, abs=TOLERANCE)


@pytest.mark.parametrize(("name", "width", "wanted"), HEIGHTS, ids=[f"{n} {w}" for n, w, _ in HEIGHTS])
def test_parts_have_their_height(open_page: OpenPage, name: str, width: int, wanted: dict[str, float]) -> None:
    page = open_page(name, width=width).page

    assert measured(page, list(wanted), "height") == pytest.approx(wanted, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "width", "most"),
    [("console-open", 1440, 420), ("console-open", 390, 272), ("messenger", 1440, 400), ("messenger", 390, 268)],
)
def test_a_bubble_is_no_wider_than_it_may(open_page: OpenPage, name: str, width: int, most: int) -> None:
    page = open_page(name, width=width).page

    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.bubble')].map(b => b.getBoundingClientRect().width))"
    )

    assert widest <= most


@pytest.mark.parametrize(
    "name", ["console-open", "console-list", "messenger", "messenger-inbox", "manager-live", "profile", "signin"]
)
def test_nothing_is_wider_than_the_window(open_page: OpenPage, name: str) -> None:
    page = open_page(name, fresh=True).page

    wide = {}
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        wide[width] = page.evaluate("document.documentElement.scrollWidth")

    assert wide == {width: width for width in SIZES}
