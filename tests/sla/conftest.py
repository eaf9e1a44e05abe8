"""A brand with a rule book, its staff and a few tickets, for clocks to run on."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from sqlalchemy import event
from sqlalchemy.orm import scoped_session

from helpdesk.messaging.models import ChannelAccount, Conversation, Identity, Message
from helpdesk.orm import Base, db
from helpdesk.people.models import Agent, Brand, Team
from helpdesk.sla.calendar import CLOSED, BusinessHours, Interval
from helpdesk.sla.policies import TicketFacts
from helpdesk.tickets.models import Ticket

Row = TypeVar("Row", bound=Base)

OFFICE = BusinessHours(
    zone="UTC",
    weekly=(*[(Interval.parse("09:00", "18:00"),)] * 5, (Interval.parse("10:00", "16:00"),), CLOSED),
)


@dataclass(frozen=True, kw_only=True)
class World:
    """Ids of a brand, its staff and what it takes for a ticket to exist."""

    brand: int
    team: int
    account: int
    customer: int
    amal: int
    bruno: int

    def facts(self, *, priority: str = "normal", tags: tuple[str, ...] = (), team: int | None = None) -> TicketFacts:
        return TicketFacts(
            brand_id=self.brand,
            priority=priority,
            network="native",
            account_id=self.account,
            team_id=team or self.team,
            tags=frozenset(tags),
        )

    def ticket(self) -> int:
        """The id of a fresh ticket in a conversation of its own."""
        conversation = saved(Conversation(network="native", account_id=self.account, external_key=uuid.uuid4().hex))
        ticket = Ticket(
            brand_id=self.brand,
            conversation_id=conversation.id,
            account_id=self.account,
            customer_identity_id=self.customer,
            team_id=self.team,
            opened_at=dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC),
            updated_at=dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC),
        )
        return saved(ticket).id

    def reply(self, ticket_id: int) -> int:
        """The id of a message from the brand."""
        ticket = db.session.get_one(Ticket, ticket_id)
        message = Message(
            conversation_id=ticket.conversation_id,
            author_identity_id=self.customer,
            direction="out",
            origin="desk_agent",
            platform_time=ticket.opened_at,
            received_at=ticket.opened_at,
        )
        return saved(message).id


@pytest.fixture
def world(session: "scoped_session[Any]") -> World:
    return build_world()


@pytest.fixture
def ticket(world: World) -> int:
    return world.ticket()


@pytest.fixture
def statements(session: "scoped_session[Any]") -> Iterator[Callable[[], int]]:
    """Says how many statements went to PostgreSQL since it was last asked."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    def count() -> int:
        number = len(sent)
        sent.clear()
        return number

    event.listen(db.engine, "before_cursor_execute", note)
    yield count
    event.remove(db.engine, "before_cursor_execute", note)


def build_world() -> World:
    brand = saved(Brand(handle="acme", name="Acme"))
    team = saved(Team(brand_id=brand.id, name="First line"))
    customer = saved(Identity(network="native", external_id="member:1"))
    account = ChannelAccount(
        brand_id=brand.id,
        team_id=team.id,
        identity_id=customer.id,
        network="native",
        external_id="acme",
        credentials=b"",
    )
    return World(
        brand=brand.id,
        team=team.id,
        account=saved(account).id,
        customer=customer.id,
        amal=saved(Agent(email="amal@example.org", name="Amal")).id,
        bruno=saved(Agent(email="bruno@example.org", name="Bruno")).id,
    )


def saved(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row
