"""Larkpost on a stack that really runs, with X beside it: for browsers and for faults.

The test's own process holds the simulator of X and an application on the stack's database; what the stack's web,
workers and schedule do is seen from outside.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from flask import Flask
from sqlalchemy import func, select

from config import Settings
from helpdesk import clock, create_app
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Delivery
from helpdesk.orm import db
from helpdesk.people import members
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.people.queries import agent_by_email
from helpdesk.simulator.x import XSimulator
from helpdesk.tickets import canned_replies, queries, replying
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD, assemble, standing
from tests.support.stack import Stack

Answer = TypeVar("Answer")

QUICK_RETRIES = tuple(timedelta(seconds=s) for s in (0.5, 1, 2, 3, 4, 5, 5, 5, 5, 5))
"""X's own are 3, 27 and 242 s: nobody wants to wait for them in a test."""


class Desk:
    """The stack, its X and the application through which a test looks and acts."""

    def __init__(self, stack: Stack, x: XSimulator) -> None:
        self.stack, self.x = stack, x
        self.app: Flask = create_app(Settings.from_environment(stack.env))
        with self.app.app_context():
            cast = assemble(at=clock.now(), secret_key=stack.env["SECRET_KEY"])
            with transaction():
                canned_replies.add_canned_reply(
                    brand_id=cast.larkpost.id,
                    shortcut="hello",
                    title="Greeting",
                    body="Hi {{customer.first_name}}, {{agent.first_name}} here. Let me look.",
                    owner=None,
                )
                members.sign_up(username="dana", name="Dana Okafor", password=PASSWORD)
            self.account_id, self.brand_id = cast.x.id, cast.larkpost.id
        x.connect_webhook(f"{stack.url}/webhooks/x/{self.account_id}")

    def look(self, at_rows: Callable[[], Answer]) -> Answer:
        """What `at_rows` says in a context of its own, with nothing remembered from before."""
        with self.app.app_context():
            return at_rows()

    def said(self) -> list[str]:
        """The words of every message there is, in their order; with a double it is longer than what was said."""
        return self.look(
            lambda: [
                message.parts[0].text
                for ticket in db.session.scalars(select(Ticket).order_by(Ticket.id))
                for message in messaging_queries.messages_before(ticket.conversation_id, limit=1000)
            ]
        )

    def deliveries(self) -> list[str]:
        return self.look(lambda: list(db.session.scalars(select(Delivery.state).order_by(Delivery.id))))

    def count(self, model: type) -> int:
        return self.look(lambda: db.session.scalars(select(func.count()).select_from(model)).one())

    def reply(self, ticket_id: int, text: str, *, key: str) -> None:
        """Amal answers."""
        with self.app.app_context(), transaction():
            amal = self._amal()
            ticket = queries.lock_ticket(ticket_id, standing(amal), Act.REPLY)
            replying.reply_to_ticket(ticket, text, key=key, by=amal, at=clock.now())

    def let_leases_run_out(self) -> None:
        """As if a minute had passed since every claim."""
        with self.app.app_context(), transaction():
            for delivery in db.session.scalars(select(Delivery).where(Delivery.lease_until.is_not(None))):
                delivery.lease_until = clock.now() - timedelta(seconds=1)

    def _amal(self) -> Agent:
        amal = agent_by_email("amal@example.org")
        assert amal is not None
        return amal

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


def an_x(*, retry_waits: Sequence[timedelta] = QUICK_RETRIES) -> XSimulator:
    """X with quick retries and Larkpost's credentials, not yet started."""
    return XSimulator(
        consumer_secret="test-consumer-secret",
        access_token="brand-token",
        brand_id="7001",
        brand_username="larkpost",
        brand_name="Larkpost",
        send_limit=1000,
        retry_waits=retry_waits,
        answer_within=timedelta(seconds=3),
        workers=4,
    )


def settings_for(x: XSimulator) -> dict[str, str]:
    """The environment with which a stack reaches this X."""
    return {"X_API_URL": x.url, "X_MEDIA_HOSTS": "127.0.0.1", "ALLOW_PRIVATE_ADDRESSES": "1"}


@contextmanager
def opened(stack: Stack, x: XSimulator) -> Iterator[Desk]:
    desk = Desk(stack, x)
    try:
        yield desk
    finally:
        desk.close()
