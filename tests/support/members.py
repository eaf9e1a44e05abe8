"""Members of the native network for tests, and what they do by the messenger's own pages."""

import io
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from helpdesk.messaging import native_queries, profiles
from helpdesk.messaging.models import ChannelAccount, Conversation, Message
from helpdesk.orm import db
from helpdesk.people import members
from helpdesk.people.models import Member
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD
from tests.support.sessions import SessionSharingClient

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def a_member(username: str, name: str) -> Member:
    with transaction():
        member = members.sign_up(username=username, name=name, password=PASSWORD)
        profiles.join_network(member)
    return member


def signed_in(app: Flask, member: Member) -> FlaskClient:
    """This member's browser, without JavaScript."""
    app.test_client_class = SessionSharingClient
    browser = app.test_client()
    answer = browser.post("/sign-in", data={"name": member.username, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser


def say(
    browser: FlaskClient,
    address: str,
    body: str = "",
    *,
    key: str | None = None,
    files: list[tuple[bytes, str]] | None = None,
    fragment: bool = False,
) -> TestResponse:
    """Submit the composer whose form posts to `address`."""
    data: dict[str, Any] = {"key": key or str(uuid4()), "body": body}
    if files:
        data["files"] = [(io.BytesIO(content), name) for content, name in files]
    headers = FRAGMENT if fragment else {}
    return browser.post(address, data=data, headers=headers, content_type="multipart/form-data")


def begun(browser: FlaskClient, handle: str, body: str) -> UUID:
    """The public id of the conversation that these first words begin."""
    answer = say(browser, f"/messages/with/{handle}", body)
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rpartition("/")[2])


def conversation_with(public_id: UUID) -> Conversation:
    return db.session.query(Conversation).filter_by(public_id=public_id).one()


def said_in(public_id: UUID) -> list[Message]:
    return list(native_queries.released_before(conversation_with(public_id).id))


def texts_in(public_id: UUID) -> list[str]:
    return ["".join(part.text for part in message.parts) for message in said_in(public_id)]


def brand_account(brand_id: int) -> ChannelAccount:
    return native_queries.native_accounts([brand_id])[brand_id]


def a_photo(colour: str = "tomato", size: tuple[int, int] = (60, 40)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return written.getvalue()
