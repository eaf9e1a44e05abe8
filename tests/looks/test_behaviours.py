"""What the page does by itself, against a server that is slow, away, or loses its answer."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.looks.conftest import served
from tests.looks.gallery import create_gallery
from tests.looks.talk import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def page(browser: Browser, talk: Talk) -> Iterator[Page]:
    with served(create_gallery(talk)) as url:
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto("/talk")
        yield page
        context.close()


def heard(talk: Talk, page: Page) -> None:
    """Wait until the page listens."""
    deadline = time.monotonic() + 10
    while not talk.listeners and time.monotonic() < deadline:
        page.wait_for_timeout(50)


def a_file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/png" if name.endswith("png") else "text/plain", "buffer": content}


def words(page: Page) -> list[str]:
    return page.locator("#messages .bubble").all_inner_texts()


def test_what_is_sent_stands_there_before_the_server_has_answered(page: Page, talk: Talk) -> None:
    talk.may_answer.clear()
    box = page.locator("#composer-body")
    box.fill("Let me look that up")

    box.press("Control+Enter")

    expect(page.locator(".message--sending")).to_have_text(re.compile("Let me look that up"))
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    talk.may_answer.set()
    expect(page.locator("#message-1")).to_contain_text("Let me look that up")
    expect(page.locator(".message--sending")).to_have_count(0)


def test_three_quick_replies_all_go_in_their_order(page: Page, talk: Talk) -> None:
    talk.may_answer.clear()
    box = page.locator("#composer-body")

    for text in ("one", "two", "three"):
        box.fill(text)
        box.press("Control+Enter")
    talk.may_answer.set()

    expect(page.locator("#message-3")).to_be_visible()
    assert [row.text for row in talk.rows] == ["one", "two", "three"]
    expect(page.locator(".message--sending")).to_have_count(0)
    assert words(page) == ["one", "two", "three"]


def test_a_refused_reply_comes_back_with_its_key(page: Page, talk: Talk) -> None:
    talk.status = 500
    box = page.locator("#composer-body")
    box.fill("Keep me")

    box.press("Control+Enter")

    expect(box).to_have_value("Keep me")
    expect(page.locator("[name=key]")).to_have_value("key-1")
    expect(page.locator(".toast")).to_contain_text("did not work")


def test_a_lost_answer_makes_one_message(page: Page, talk: Talk) -> None:
    heard(talk, page)
    talk.lose_answer = True
    box = page.locator("#composer-body")
    box.fill("Only once")

    box.press("Control+Enter")

    expect(page.locator("#message-1")).to_contain_text("Only once")
    expect(page.locator(".message--sending")).to_have_count(0)
    expect(box).to_have_value("")


def test_a_burst_of_notices_brings_each_message_once_and_in_order(page: Page, talk: Talk) -> None:
    heard(talk, page)

    for number in range(20):
        talk.say(f"message {number}")
        page.wait_for_timeout(30)

    expect(page.locator("#message-20")).to_be_visible()
    assert words(page) == [f"message {number}" for number in range(20)]
    assert talk.requests < 20


def test_a_late_message_takes_its_place(page: Page, talk: Talk) -> None:
    heard(talk, page)
    talk.say("first", at=10)
    talk.say("third", at=30)
    expect(page.locator("#message-2")).to_be_visible()

    talk.say("second", at=20)

    expect(page.locator("#message-3")).to_be_visible()
    assert words(page) == ["first", "second", "third"]


def test_a_first_stream_that_is_refused_is_tried_again(browser: Browser, talk: Talk) -> None:
    talk.refuse_streams = 1
    with served(create_gallery(talk)) as url:
        page = browser.new_page(base_url=url)
        page.goto("/talk")
        heard(talk, page)

        talk.say("Are you there?")

        expect(page.locator("#message-1")).to_contain_text("Are you there?")
        page.close()


def test_tabs_share_one_stream(page: Page, talk: Talk) -> None:
    heard(talk, page)
    others = [page.context.new_page() for _ in range(3)]
    for other in others:
        other.goto("/talk")

    talk.say("For all")

    for tab in [page, *others]:
        expect(tab.locator("#message-1")).to_contain_text("For all")
    assert talk.streams == 1


def test_a_session_that_ended_loads_the_page_anew(page: Page, talk: Talk) -> None:
    heard(talk, page)
    page.evaluate("document.documentElement.dataset.old = 'yes'")

    talk.tell("signed-out")

    expect(page.locator("html:not([data-old])")).to_be_attached()


def test_typing_goes_on_while_messages_arrive(page: Page, talk: Talk) -> None:
    heard(talk, page)
    box = page.locator("#composer-body")
    box.focus()

    for number in range(8):
        talk.say(f"message {number}")
        box.press_sequentially("abc")

    expect(page.locator("#message-8")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("abc" * 8)


def test_a_canned_reply_is_found_put_in_and_undone(page: Page) -> None:
    box = page.locator("#composer-body")
    box.focus()

    page.keyboard.type("/ref")
    expect(page.locator(".canned__option:visible")).to_have_count(2)
    expect(page.locator(".canned__preview .filled")).to_have_text("Dana")
    page.keyboard.press("Enter")

    expect(box).to_have_value("Hi Dana, your refund is on its way.")
    expect(page.locator("#canned")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(box).to_have_value("/ref")


def test_escape_closes_the_canned_replies_before_it_leaves_the_box(page: Page) -> None:
    box = page.locator("#composer-body")
    box.focus()
    page.keyboard.type("/gr")
    expect(page.locator("#canned")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("#canned")).to_have_count(0)
    expect(box).to_be_focused()


def test_files_are_shown_taken_away_and_sent(page: Page, talk: Talk) -> None:
    page.locator("#composer-files").set_input_files([a_file("a.png", b"not a picture"), a_file("b.txt", b"hello")])
    expect(page.locator(".attachment")).to_have_count(2)
    page.get_by_role("button", name="Remove a.png").click()

    page.locator("#composer-body").fill("With a file")
    page.locator("#composer-body").press("Control+Enter")

    expect(page.locator("#message-1")).to_be_visible()
    expect(page.locator(".attachment")).to_have_count(0)
    assert talk.uploads == [("b.txt", 5)]


def test_a_file_that_is_too_large_is_told_before_it_is_sent(page: Page, talk: Talk) -> None:
    page.locator("#composer-files").set_input_files([a_file("b.txt", b"x" * 3000)])

    expect(page.locator(".attachment--bad")).to_contain_text("Too large")
    page.locator("#send").click()
    assert talk.rows == []


def test_a_draft_is_kept_a_moment_after_the_last_key(page: Page, talk: Talk) -> None:
    with page.expect_response("**/talk/draft"):
        page.locator("#composer-body").press_sequentially("Half a")

    assert talk.drafts == ["Half a"]


def test_a_note_goes_its_own_way_and_never_looks_like_a_reply(page: Page, talk: Talk) -> None:
    page.keyboard.press("n")
    page.keyboard.type("checked")

    page.get_by_role("button", name="Add note").click()

    expect(page.locator("#message-1")).to_contain_text("note: checked")
    expect(page.locator(".message--sending")).to_have_count(0)


def test_keys_move_open_and_act(page: Page, talk: Talk) -> None:
    page.keyboard.press("j")
    expect(page.locator("#ticket-3-link")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#ticket-2-link")).to_be_focused()

    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("#1$"))

    page.keyboard.press("e")
    expect(page.locator(".toast")).to_contain_text("Resolved")
    assert [row.text for row in talk.rows] == ["resolved"]


def test_the_palette_finds_and_does(page: Page, talk: Talk) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("res")
    expect(page.locator("#palette .palette__option")).to_have_count(2)
    expect(page.locator("#palette mark").first).to_have_text("Res")

    page.keyboard.press("Enter")

    expect(page.locator(".toast")).to_contain_text("Resolved")


def test_a_question_is_asked_before_what_cannot_be_undone(page: Page, talk: Talk) -> None:
    page.locator("#delete").click()
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text("Delete this?")
    assert talk.rows == []

    dialog.get_by_role("button", name="Delete", exact=True).click()

    expect(dialog).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("Resolved")
    assert [row.text for row in talk.rows] == ["resolved"]


def test_what_is_kept_after_all_asks_the_server_nothing(page: Page, talk: Talk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#delete").click()
    dialog = page.locator("#confirm")

    dialog.get_by_role("button", name="Keep it", exact=True).click()

    expect(dialog).to_be_hidden()
    # What the page does next is seen, so that anything it had asked for before would be seen too.
    page.locator("#composer-body").fill("Still here")
    page.locator("#composer-body").press("Control+Enter")
    expect(page.locator("#message-1")).to_contain_text("Still here")
    assert [url for url in asked if url.endswith("/talk/resolve")] == []
    assert [row.text for row in talk.rows] == ["Still here"]
