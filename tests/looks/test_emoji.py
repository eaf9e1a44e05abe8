"""The emoji menu of both composers: fetched when it opens, found by words and by arrow keys, the last ones first."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.looks.conftest import Opened, OpenPage

COMPOSERS = ["console-open", "messenger"]
RECENT, FOUND = 'section[aria-label="Recent"]', 'section[aria-label="Found"]'


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="Emoji", exact=True).click()
    expect(page.locator("#emoji .emoji__sign").first).to_be_visible()


@pytest.fixture(params=COMPOSERS)
def opened(open_page: OpenPage, request: pytest.FixtureRequest) -> Opened:
    return open_page(request.param, fresh=True)


def test_its_signs_come_only_when_it_opens(opened: Opened) -> None:
    asked = list[str]()
    opened.page.on("request", lambda request: asked.append(request.url))
    before = opened.page.locator("#emoji button").count()

    open_menu(opened.page)

    assert before == 0
    assert asked
    assert all("/static/js/chunk-" in url for url in asked)
    assert opened.page.locator("#emoji .emoji__sign").count() > 500


def test_one_is_found_by_a_word_and_put_where_the_caret_is(opened: Opened) -> None:
    page, box = opened.page, opened.page.locator("#composer-body")
    box.fill("Many thanks, Dana")
    box.evaluate("box => box.setSelectionRange(11, 11)")

    open_menu(page)
    page.keyboard.type("folded ha")
    expect(page.locator(f"{FOUND} .emoji__sign")).to_have_text(["🙏"])
    page.keyboard.press("Enter")

    expect(box).to_have_value("Many thanks🙏, Dana")
    expect(box).to_be_focused()
    expect(page.locator("#emoji")).to_be_hidden()


def test_arrow_keys_move_over_the_signs(opened: Opened) -> None:
    page, called = opened.page, "document.activeElement.title"
    open_menu(page)

    walked = []
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
        walked.append(page.evaluate(called))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")

    titles = page.locator(f"{RECENT} .emoji__sign").evaluate_all("signs => signs.map(sign => sign.title)")
    assert walked == [titles[0], titles[1], titles[9], titles[8]]
    expect(page.get_by_label("Find an emoji")).to_be_focused()


def test_the_last_one_used_stands_first(opened: Opened) -> None:
    page = opened.page
    open_menu(page)
    page.locator("#emoji").get_by_role("button", name="teapot", exact=True).click()

    open_menu(page)

    expect(page.locator(f"{RECENT} .emoji__sign").first).to_have_text("🫖")


def test_a_letter_pressed_on_a_sign_looks_for_it_and_is_no_shortcut(open_page: OpenPage) -> None:
    page = open_page("console-open", fresh=True).page
    open_menu(page)
    page.keyboard.press("ArrowDown")

    page.keyboard.press("n")

    expect(page.get_by_label("Find an emoji")).to_have_value("n")
    expect(page.locator(".composer__mode[value=note]")).not_to_be_checked()


def test_what_nothing_is_called_is_said(opened: Opened) -> None:
    open_menu(opened.page)

    opened.page.keyboard.type("qwertz")

    expect(opened.page.locator("#emoji").get_by_role("status")).to_have_text("Nothing is called “qwertz”")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", COMPOSERS)
def test_it_is_accessible_and_within_the_policy(open_page: OpenPage, name: str, scheme: str) -> None:
    opened = open_page(name, scheme=scheme, fresh=True)
    open_menu(opened.page)

    assert opened.complaints == []
    found = Axe().run(opened.page, context="#emoji").response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"][:4]]) for each in found] == []
