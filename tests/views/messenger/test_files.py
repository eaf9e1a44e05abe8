"""Photos and files in conversations: sent, shown to those who take part, and to nobody else."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk import clock
from helpdesk.messaging.models import Conversation, File, Message
from helpdesk.orm import db
from helpdesk.people.models import Member
from helpdesk.people.permissions import Act
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import replying
from helpdesk.transaction import transaction
from tests.support.cast import Cast, newest_ticket, standing
from tests.support.members import FRAGMENT, a_photo, begun, said_in, say
from worker import deliver

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def the_file() -> File:
    return db.session.query(File).order_by(File.id.desc()).limit(1).one()


def test_a_photo_and_words_are_one_message(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    sent = say(danas, f"/messages/{public_id}", "Look", files=[(a_photo(), "lamp.png")], fragment=True)

    assert [part.kind for part in said_in(public_id)[-1].parts] == ["text", "image"]
    assert f"/messages/files/{the_file().public_id}?preview=1" in sent.text


def test_a_file_alone_is_a_message(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    assert say(danas, f"/messages/{public_id}", files=[(PDF, "receipt.pdf")]).status_code == 303
    assert "receipt.pdf" in danas.get(f"/messages/{public_id}").text
    assert "You sent a file" in danas.get("/messages").text


def test_a_submit_with_a_photo_twice_stores_one_file(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    key = "6a3c2f3e-0b0e-4c5e-9f57-0d1c86d0a001"

    for _ in range(2):
        say(danas, f"/messages/{public_id}", "Look", key=key, files=[(a_photo(), "lamp.png")])

    assert db.session.query(File).count() == 1


def test_both_sides_get_the_photo_and_a_third_member_does_not(
    danas: FlaskClient, kats: FlaskClient, eves: FlaskClient, client: FlaskClient
) -> None:
    public_id = begun(danas, "kat", "Hello")
    say(danas, f"/messages/{public_id}", "Look", files=[(a_photo(), "lamp.png")])
    address = f"/messages/files/{the_file().public_id}"

    answers = [browser.get(address) for browser in (danas, kats, eves, client)]

    assert [a.status_code for a in answers] == [200, 200, 404, 302]
    assert answers[1].mimetype == "image/png"
    assert kats.get(f"{address}?preview=1").mimetype == "image/webp"
    assert eves.get(f"{address}?preview=1", headers=FRAGMENT).status_code == 404


def test_what_a_browser_should_not_show_is_offered_for_download(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    say(danas, f"/messages/{public_id}", files=[(b"<html><script>alert(1)</script></html>", "page.html")])

    given = danas.get(f"/messages/files/{the_file().public_id}")

    assert given.mimetype == "application/octet-stream"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert "private" in given.headers["Cache-Control"]


def test_a_file_of_a_reply_that_waits_is_not_given_out(danas: FlaskClient, cast: Cast, app: object) -> None:
    from io import BytesIO

    from flask import current_app

    from helpdesk.messaging import media

    begun(danas, "larkpost", "Hello")
    with transaction():
        file = media.store_upload(BytesIO(PDF), name="label.pdf", settings=current_app.config["SETTINGS"])
        ticket = ticket_queries.lock_ticket(newest_ticket().id, standing(cast.amal), Act.REPLY)
        replying.reply_to_ticket(ticket, "Here", files=[file], key="k1", by=cast.amal, at=clock.now())
    address = f"/messages/files/{the_file().public_id}"

    before = danas.get(address).status_code
    deliver.drain(cast.native.id)
    after = danas.get(address).status_code

    assert (before, after) == (404, 200)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "nothing.png", "this file is empty"),
        (b"this is no picture at all, only words" * 50, "photo.png", "not what its name says"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, "broken.png", "damaged"),
    ],
    ids=["0 bytes", "lies about its type", "damaged"],
)
def test_a_file_that_does_not_go_is_refused_with_the_draft(
    danas: FlaskClient, content: bytes, name: str, words: str
) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    page, part = (
        say(danas, f"/messages/{public_id}", "my words", files=[(content, name)], fragment=f) for f in (False, True)
    )

    for refused in (page, part):
        assert refused.status_code == 422
        assert words in refused.text
        assert "my words" in refused.text
    assert len(said_in(public_id)) == 1


def upload(browser: FlaskClient, address: str, size: int) -> TestResponse:
    """A form as bytes: the client's own encoder would leave a temporary file open."""
    key = "6a3c2f3e-0b0e-4c5e-9f57-0d1c86d0a002"
    fields = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{key}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'
    body = (fields + file).encode() + b"a" * size + b"\r\n--b--\r\n"
    return browser.post(address, data=body, content_type="multipart/form-data; boundary=b")


def test_a_file_that_is_too_large_is_refused(danas: FlaskClient) -> None:
    largest = 25 * 1024 * 1024
    address = f"/messages/{begun(danas, 'larkpost', 'Hello')}"

    slightly, much = (upload(danas, address, size) for size in (largest + 1, largest * 2))

    assert slightly.status_code == 422
    assert "up to 25 MB go" in slightly.text
    assert much.status_code == 413


def test_more_files_than_a_message_carries_are_refused_before_one_is_stored(danas: FlaskClient) -> None:
    refused = say(danas, "/messages/with/larkpost", "Look", files=[(a_photo(), f"{n}.png") for n in range(11)])

    assert refused.status_code == 422
    assert "at most 10 files; these are 11" in refused.text
    assert (db.session.query(File).count(), db.session.query(Conversation).count()) == (0, 0)


def test_photos_of_a_conversation_stand_beside_it(danas: FlaskClient, kat: Member) -> None:
    public_id = begun(danas, "kat", "Hello")
    say(danas, f"/messages/{public_id}", files=[(a_photo(), "lamp.png")])

    page = danas.get(f"/messages/{public_id}").text

    assert "info__photos" in page
    assert db.session.query(Message).count() == 2
