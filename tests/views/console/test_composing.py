"""Replies, notes and drafts: what is taken, what is refused, and what is kept."""

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from helpdesk.messaging.models import Delivery, Direction, File, Message, Part
from helpdesk.orm import db
from helpdesk.tickets.canned_replies import add_canned_reply
from helpdesk.tickets.models import CannedReply, Draft, Note, Ticket
from helpdesk.transaction import transaction
from helpdesk.views.console import panes
from tests.support.cast import Cast, dana_says, hear, reply
from tests.views.console.conftest import PARTIAL, SignIn, counted_statements


def newest_of_dana() -> int:
    return db.session.scalars(select(func.max(Message.id)).where(Message.direction == Direction.IN)).one()


def form(body: str = "Hello Dana", key: str = "key-1", **more: Any) -> dict[str, Any]:
    return {"body": body, "key": key, "seen": newest_of_dana(), **more}


def words_sent() -> list[str]:
    return list(
        db.session.scalars(
            select(Part.text).join(Message, Message.id == Part.message_id).where(Message.direction == Direction.OUT)
        )
    )


def test_a_reply_is_queued_and_comes_back_as_a_message(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies", data=form(), headers=PARTIAL)

    assert answer.status_code == 200
    assert 'data-key="key-1"' in answer.text
    assert words_sent() == ["Hello Dana"]
    assert db.session.scalars(select(Delivery.state)).all() == ["queued"]


def test_without_script_a_reply_leads_back_to_its_ticket(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies?queue=mine", data=form())

    assert answer.status_code == 303
    assert answer.location == f"/console/tickets/{ticket.id}?queue=mine"


def test_a_double_submit_is_one_message(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/replies"

    answers = [browser.post(address, data=form(), headers=PARTIAL).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert words_sent() == ["Hello Dana"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("", "Write something first", id="empty"),
        pytest.param(" \n\t ", "Write something first", id="blank"),
        pytest.param("\x00\x07\x1b", "Write something first", id="control characters only"),
        pytest.param("x" * 100_000, "this is 100,000", id="100,000 characters"),
    ],
)
def test_words_that_cannot_go_come_back_with_the_reason(
    cast: Cast, ticket: Ticket, sign_in: SignIn, body: str, words: str
) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/replies"

    part = browser.post(address, data=form(body), headers=PARTIAL)
    page = browser.post(address, data=form(body))

    assert (part.status_code, page.status_code) == (422, 422)
    assert part.text.lstrip().startswith('<form class="composer"')
    assert words in part.text
    assert words in page.text
    assert 'name="key" value="key-1"' in part.text
    assert words_sent() == []


def test_what_was_written_is_kept_when_it_is_refused(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    long = "Dear Dana " * 2000

    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies", data=form(long), headers=PARTIAL)

    assert long.strip() in answer.text


@pytest.mark.parametrize("text", ["مرحبا دانا", "Z̸͈̽ä̷́ĺ̶g̵o", "👩‍👩‍👧‍👦", "line one\r\nline two"])
def test_every_script_goes_as_it_was_written(cast: Cast, ticket: Ticket, sign_in: SignIn, text: str) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies", data=form(text), headers=PARTIAL)

    assert answer.status_code == 200
    assert words_sent() == [text.replace("\r\n", "\n")]


@pytest.mark.parametrize("key", ["", "k" * 65, "é", "a\nb"])
def test_a_form_without_a_good_key_is_refused(cast: Cast, ticket: Ticket, sign_in: SignIn, key: str) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies", data=form(key=key), headers=PARTIAL)

    assert answer.status_code == 422


def test_another_teams_agent_cannot_reply(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.bruno).post(f"/console/tickets/{ticket.id}/replies", data=form(), headers=PARTIAL)

    assert answer.status_code == 404
    assert words_sent() == []


def test_a_lead_of_another_team_reads_but_does_not_reply(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    sign_in(cast.chidi).post(f"/console/tickets/{ticket.id}/assignment", data={"team": cast.returns.id})
    browser = sign_in(cast.lena)

    assert "Take it over" in browser.get(f"/console/tickets/{ticket.id}").text
    assert browser.post(f"/console/tickets/{ticket.id}/replies", data=form(), headers=PARTIAL).status_code == 403


def test_sending_may_resolve_the_ticket(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/replies", data=form(then="resolve"), headers=PARTIAL
    )

    assert "This ticket is resolved" in answer.text
    assert ticket.status == "resolved"


# The customer wrote meanwhile


def test_a_reply_is_stopped_once_when_the_customer_wrote_meanwhile(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/replies"
    begun = form()
    hear(cast.x, dana_says("Wait, I found it", at=just_now + timedelta(minutes=3)))

    stopped = browser.post(address, data=begun, headers=PARTIAL)

    assert stopped.status_code == 409
    assert "Dana wrote while you were typing" in stopped.text
    assert "Wait, I found it" in stopped.text
    assert "New since you began" in stopped.text
    assert f'data-seen="{newest_of_dana()}"' in stopped.text
    assert words_sent() == []

    assert browser.post(address, data=begun | {"seen": newest_of_dana()}, headers=PARTIAL).status_code == 200
    assert words_sent() == ["Hello Dana"]


def test_without_script_the_stopped_reply_is_a_page_with_the_words_in_it(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    begun = form()
    hear(cast.x, dana_says("Wait, I found it", at=just_now + timedelta(minutes=3)))

    page = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/replies", data=begun)

    assert page.status_code == 409
    assert ">Hello Dana</textarea>" in page.text
    assert f'name="seen" value="{newest_of_dana()}"' in page.text


# Files


def a_picture() -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(content, "PNG")
    content.seek(0)
    return content


def test_a_picture_goes_with_the_words_and_is_shown(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)

    answer = browser.post(
        f"/console/tickets/{ticket.id}/replies", data=form(files=(a_picture(), "lamp.png")), headers=PARTIAL
    )
    file = db.session.scalars(select(File)).one()
    shown = browser.get(f"/console/files/{file.public_id}")

    assert answer.status_code == 200
    assert f"/console/files/{file.public_id}?preview=1" in answer.text
    assert shown.mimetype == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert browser.get(f"/console/files/{file.public_id}?preview=1").status_code == 200


def test_another_team_does_not_get_the_file(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/replies", data=form(files=(a_picture(), "lamp.png")), headers=PARTIAL
    )
    file = db.session.scalars(select(File)).one()

    assert sign_in(cast.bruno).get(f"/console/files/{file.public_id}").status_code == 404
    assert sign_in(cast.eve).get(f"/console/files/{file.public_id}").status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(b"", "nothing.png", id="0 bytes"),
        pytest.param(b"<html><script>alert(1)</script></html>", "photo.png", id="a lie about its type"),
        pytest.param(b"MZ\x90\x00" + b"\x00" * 200, "setup.exe", id="a type the channel does not carry"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\x00" * (6 * 1024 * 1024), "big.png", id="too large"),
    ],
)
def test_a_file_that_cannot_go_is_refused_in_words_and_the_text_kept(
    cast: Cast, ticket: Ticket, sign_in: SignIn, content: bytes, name: str
) -> None:
    # Encoded here: the client would leave a large body's temporary file open.
    boundary, body = encode_multipart(form(files=FileStorage(io.BytesIO(content), filename=name)))
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/replies",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers=PARTIAL,
    )

    assert answer.status_code == 422
    assert name in answer.text
    assert "Hello Dana" in answer.text
    assert words_sent() == []


# Notes and drafts


def test_a_note_is_kept_once_and_shown_to_the_staff(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/notes"

    answers = [browser.post(address, data=form("Ask the warehouse"), headers=PARTIAL) for _ in range(2)]

    assert "only staff see this" in answers[0].text
    assert db.session.scalars(select(Note.body)).all() == ["Ask the warehouse"]
    assert words_sent() == []


def test_an_empty_note_comes_back_in_note_mode(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/notes", data=form(""), headers=PARTIAL)

    assert answer.status_code == 422
    assert 'value="note" data-shortcut="n" checked' in answer.text


def test_a_draft_is_kept_shown_and_gone_once_sent(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)

    kept = browser.post(f"/console/tickets/{ticket.id}/drafts", data={"body": "Half a wor", "mode": "reply"})
    page = browser.get(f"/console/tickets/{ticket.id}?queue=unassigned").text

    assert kept.status_code == 204
    assert ">Half a wor</textarea>" in page
    assert ">Draft</span> Half a wor" in page

    browser.post(f"/console/tickets/{ticket.id}/replies", data=form(), headers=PARTIAL)
    assert db.session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("path", ["replies", "notes", "drafts", "presence", "status", "priority", "tags", "assignment"])
def test_nobody_outside_the_brand_writes(cast: Cast, ticket: Ticket, sign_in: SignIn, path: str) -> None:
    data = form(status="resolved", priority="high", tag="x", to="me")

    assert sign_in(cast.eve).post(f"/console/tickets/{ticket.id}/{path}", data=data).status_code == 404


# Canned replies


def test_canned_replies_come_filled_in_and_are_counted_when_used(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    with transaction():
        add_canned_reply(
            brand_id=cast.larkpost.id,
            shortcut="sorry",
            title="Say sorry",
            body="Sorry, {{customer.first_name}}! {{agent.first_name}}",
            owner=None,
        )
    browser = sign_in(cast.amal)

    shown = browser.get(f"/console/tickets/{ticket.id}/canned-replies", headers=PARTIAL)
    reply_id = db.session.scalars(select(CannedReply.id)).one()
    browser.post(f"/console/tickets/{ticket.id}/replies", data=form(canned=reply_id), headers=PARTIAL)

    assert 'data-body="Sorry, Dana! Amal"' in shown.text
    assert db.session.scalars(select(CannedReply.use_count)).one() == 1


def test_files_are_stored_before_anything_is_locked(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)

    with counted_statements() as statements:
        browser.post(f"/console/tickets/{ticket.id}/replies", data=form(files=(picture, "lamp.png")), headers=PARTIAL)

    stored = next(n for n, statement in enumerate(statements) if statement.startswith("INSERT INTO file"))
    locked = next(n for n, statement in enumerate(statements) if "FOR NO KEY UPDATE" in statement)
    assert stored < locked


def test_one_may_write_again_after_many_messages_of_ours(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    for n in range(panes.MESSAGES_A_PAGE):
        reply(ticket, f"Part {n}", by=cast.amal, at=just_now + timedelta(seconds=n + 1))
    browser = sign_in(cast.amal)
    page = browser.get(f"/console/tickets/{ticket.id}").text

    shown = re.search(r'name="seen"[^>]*value="([0-9]+)"', page)
    assert shown is not None
    answer = browser.post(
        f"/console/tickets/{ticket.id}/replies", data=form("And one more", seen=shown[1]), headers=PARTIAL
    )

    assert answer.status_code == 200
    assert "And one more" in words_sent()
