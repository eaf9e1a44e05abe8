"""The one cast of all tests, and the few things it does: written through the product's own verbs.

Larkpost answers with two teams: Amal, Lena (lead) and the manager Chidi in Support, Bruno in Returns. Eve works for
another brand. Dana is the customer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count

from helpdesk.channels.port import InboundIdentity, InboundMessage, InboundPart, PartKind
from helpdesk.messaging.connecting import add_channel_account, add_native_account
from helpdesk.messaging.models import ChannelAccount, Message
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people import staff
from helpdesk.people.models import Agent, Brand, Role, Team
from helpdesk.people.permissions import Act, Standing
from helpdesk.people.signing_in import hash_password
from helpdesk.sla.defaults import publish_defaults
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import replying
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction

PASSWORD = "correct horse battery"
SECRET_KEY = "a secret of forty letters, for tests only"

_keys = count(1)


@dataclass(frozen=True, kw_only=True)
class Cast:
    larkpost: Brand
    support: Team
    returns: Team
    x: ChannelAccount
    native: ChannelAccount
    amal: Agent
    bruno: Agent
    lena: Agent
    chidi: Agent
    eve: Agent
    ada: Agent
    """The admin."""


def assemble(*, at: datetime, secret_key: str = SECRET_KEY) -> Cast:
    """Everybody in place, with the default promises published."""
    with transaction():
        larkpost = staff.add_brand(handle="larkpost", name="Larkpost", time_zone="Europe/London")
        other = staff.add_brand(handle="marlow", name="Marlow Books")
        support, returns = (staff.add_team(larkpost, name=name) for name in ("Support", "Returns"))
        elsewhere = staff.add_team(other, name="Front desk")
        db.session.flush()
        publish_defaults(larkpost.id, at=at - timedelta(days=365))
        return Cast(
            larkpost=larkpost,
            support=support,
            returns=returns,
            x=add_channel_account(
                larkpost,
                network="x",
                external_id="7001",
                handle="larkpost",
                team=support,
                credentials={"consumer_secret": "test-consumer-secret", "access_token": "brand-token"},
                secret_key=secret_key,
            ),
            native=add_native_account(larkpost, team=support, secret_key=secret_key),
            amal=_agent("Amal Haddad", Role.AGENT, support),
            bruno=_agent("Bruno Reis", Role.AGENT, returns),
            lena=_agent("Lena Vogt", Role.LEAD, support),
            chidi=_agent("Chidi Obi", Role.MANAGER, support),
            eve=_agent("Eve Lindqvist", Role.AGENT, elsewhere),
            ada=_agent("Ada Root", Role.ADMIN),
        )


def _agent(name: str, role: Role, *teams: Team) -> Agent:
    email = f"{name.split()[0].lower()}@example.org"
    agent = staff.add_agent(email=email, name=name, role=role, teams=list(teams))
    agent.password_hash = _hash()
    return agent


@cache
def _hash() -> str:
    """Hashed once for all: argon2 is slow on purpose."""
    return hash_password(PASSWORD)


def standing(agent: Agent) -> Standing:
    return people_queries.standing_of(agent)


def dana_says(
    text: str,
    *,
    at: datetime,
    heard_at: datetime | None = None,
    external_id: str | None = None,
    customer: str = "8002",
    name: str = "Dana Okafor",
) -> InboundMessage:
    """What X tells us when a customer writes to Larkpost."""
    person = InboundIdentity(external_id=customer, display_name=name, handle=name.split()[0].lower())
    return _message(text, sender=person, customer=person, at=at, external_id=external_id, is_from_brand=False)


def larkpost_says_on_x(
    text: str, *, at: datetime, external_id: str | None = None, customer: str = "8002"
) -> InboundMessage:
    """What X tells us when the brand writes from X's own app (or through us: an echo)."""
    return _message(
        text,
        sender=InboundIdentity(external_id="7001"),
        customer=InboundIdentity(external_id=customer, display_name="Dana Okafor", handle="dana"),
        at=at,
        external_id=external_id,
        is_from_brand=True,
    )


def _message(
    text: str,
    *,
    sender: InboundIdentity,
    customer: InboundIdentity,
    at: datetime,
    external_id: str | None,
    is_from_brand: bool,
) -> InboundMessage:
    return InboundMessage(
        conversation_key=f"dm:7001-{customer.external_id}",
        external_id=external_id or f"dm-{next(_keys)}",
        sender=sender,
        customer=customer,
        is_from_brand=is_from_brand,
        sent_at=at,
        parts=(InboundPart(kind=PartKind.TEXT, text=text),),
    )


def hear(account: ChannelAccount, *messages: InboundMessage, at: datetime | None = None) -> None:
    """Take them in as one batch, heard of at `at` (default: when each was sent)."""
    with transaction():
        take_in(account, [(at or message.sent_at, message) for message in messages])


def a_ticket(cast: Cast, *, at: datetime, text: str = "My order never came", customer: str = "8002") -> Ticket:
    """Dana has just written to Larkpost on X."""
    hear(cast.x, dana_says(text, at=at, customer=customer))
    return newest_ticket()


def newest_ticket() -> Ticket:
    return db.session.query(Ticket).order_by(Ticket.id.desc()).limit(1).one()


def reply(ticket: Ticket, text: str, *, by: Agent, at: datetime, key: str | None = None) -> Message:
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(by), Act.REPLY)
        return replying.reply_to_ticket(locked, text, key=key or f"key-{next(_keys)}", by=by, at=at)
