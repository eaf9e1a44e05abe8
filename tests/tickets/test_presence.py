"""Who is here, and what a member learns of it."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.messaging.models import Receipt, ReceiptKind
from helpdesk.orm import db
from helpdesk.tickets import presence
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket


def test_a_member_sees_that_an_agent_has_read_their_words(cast: Cast, at: datetime) -> None:
    hear(cast.native, dana_says("hello", at=at, customer="member:1"))

    with transaction():
        presence.look(newest_ticket(), by=cast.amal, is_typing=False, at=at + timedelta(minutes=1))

    seen = db.session.scalars(select(Receipt).where(Receipt.identity_id == cast.native.identity_id)).one()
    assert (seen.kind, seen.up_to_at) == (ReceiptKind.READ, at)


def test_on_x_nobody_is_told(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("hello", at=at))

    with transaction():
        presence.look(newest_ticket(), by=cast.amal, is_typing=False, at=at)

    assert db.session.scalars(select(Receipt)).all() == []
