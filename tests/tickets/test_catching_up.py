"""A page that asks for what is newer than its version gets everything once, whoever writes at the same time (A11)."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from flask import Flask

from helpdesk import clock
from helpdesk.channels.port import InboundIdentity
from helpdesk.messaging import native_queries, profiles
from helpdesk.messaging.conversing import draft_of
from helpdesk.messaging.models import ChannelAccount, Conversation
from helpdesk.orm import db
from helpdesk.people import members
from helpdesk.tickets.native_intake import write_to_brand
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD, assemble

WRITERS, LINES = 3, 12


def test_nothing_is_missed_or_told_twice_while_several_browsers_write(committed: Flask) -> None:
    cast = assemble(at=clock.now())
    account_id = cast.native.id
    with transaction():
        dana = members.sign_up(username="dana", name="Dana Okafor", password=PASSWORD)
        identity_id = profiles.join_network(dana)
        sender = profiles.person_of(dana)
    first = write(account_id, sender, identity_id, "first")
    db.session.remove()

    def browser(number: int) -> None:
        with committed.app_context():
            for line in range(LINES):
                write(account_id, sender, identity_id, f"{number}-{line}")
            db.session.remove()

    told: list[int] = []
    version = 0
    with ThreadPoolExecutor(max_workers=WRITERS) as browsers:
        writing = [browsers.submit(browser, number) for number in range(WRITERS)]
        while not all(one.done() for one in writing):
            version = ask(first, version, told)
        for one in writing:
            one.result()
    version = ask(first, version, told)

    assert len(told) == len(set(told)) == 1 + WRITERS * LINES
    # One step for each message: a sequence without gaps.
    assert version == 1 + WRITERS * LINES


def ask(conversation_id: int, since: int, told: list[int]) -> int:
    """As an open page does: the version is read before the rows."""
    with transaction():
        version = db.session.get_one(Conversation, conversation_id, populate_existing=True).version
        # What is committed between the two is told now, and by its own version once more: a page keeps it by its id.
        rows = native_queries.released_since(conversation_id, since, limit=1000)
        told.extend(message.id for message in rows if message.version <= version)
    return version


def write(account_id: int, sender: InboundIdentity, identity_id: int, text: str) -> int:
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id)
        draft = draft_of(text, [], key=str(uuid4()))
        return write_to_brand(draft, sender=sender, account=account, sender_id=identity_id, at=clock.now()).id
