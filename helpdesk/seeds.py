"""A believable helpdesk to try things on: Larkpost, its staff, members, canned replies and four weeks of history.

Everything is written by the product's own verbs at made-up instants, so the numbers that a manager sees are real
counts of these rows. The same seed makes the same history. Planting twice changes nothing.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import cycle
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from helpdesk.channels.port import Accepted, InboundIdentity, InboundMessage, InboundPart, PartKind
from helpdesk.errors import NotFound
from helpdesk.messaging import conversing, outbound
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.connecting import add_channel_account, add_native_account
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.inbound import ensure_identities
from helpdesk.messaging.models import ChannelAccount, Message
from helpdesk.messaging.partitions import ensure as ensure_partitions
from helpdesk.people import members, staff
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Brand, Role, Team
from helpdesk.people.permissions import Act
from helpdesk.simulator.x_platform import ACCESS_TOKEN, CONSUMER_SECRET
from helpdesk.simulator.x_world import User, World
from helpdesk.sla.calendar import BusinessHours, Interval
from helpdesk.sla.defaults import publish_defaults
from helpdesk.tickets import assignment, canned_replies, lifecycle, queries, replying, tagging
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.native_intake import write_to_brand
from helpdesk.tickets.notes import add_note
from helpdesk.transaction import transaction

PASSWORD = "larkpost-demo"  # noqa: S105 -- printed at the start of every demo
ZONE = ZoneInfo("Europe/London")
DAYS = 28
X_BRAND = User(id="7001", username="larkpost", name="Larkpost")

# So that promises run whenever somebody tries the demo.
DAY_AND_NIGHT = BusinessHours(zone=ZONE.key, weekly=((Interval.parse("00:00", "00:00"),),) * 7)

STAFF = (
    ("Amal Haddad", Role.AGENT, ("Support",)),
    ("Kofi Mensah", Role.AGENT, ("Support",)),
    ("Bruno Reis", Role.AGENT, ("Returns",)),
    ("Lena Vogt", Role.LEAD, ("Support", "Returns")),
    ("Chidi Obi", Role.MANAGER, ("Support",)),
    ("Ada Root", Role.ADMIN, ()),
)

MEMBERS = (
    ("dana", "Dana Okafor", "Lamps, tea and long walks. Leeds."),
    ("mei_ling", "Mei-Ling Chen", "Ceramics teacher."),
    ("tomas", "Tomás Herrera", ""),
    ("theo", "Theo Brandt", "Mostly trains."),
)

X_CUSTOMERS = (
    ("priya_raman", "Priya Raman"),
    ("jonas_l", "Jonas Lindqvist"),
    ("aoife_b", "Aoife Byrne"),
    ("marek_n", "Marek Nowak"),
    ("sofia_d", "Sofia Duarte"),
    ("kat_wren", "Kat Wren"),
    ("ines_m", "Ines Marchetti"),
    ("layla_h", "ليلى حداد"),
    ("olu_af", "Oluwaseun Adebayo-Fitzgerald-Montgomery"),
    ("brightwater", "Brightwater Studio"),
)

# The history's other customers: one question each, so that none reopens another's.
FIRST_NAMES = ("Ana", "Ben", "Chloe", "Dario", "Elif", "Femi", "Greta", "Hana", "Ivo", "Jana", "Luca", "Noor", "Omar")
LAST_NAMES = (
    "Bianchi",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Gomez",
    "Hughes",
    "Ito",
    "Jensen",
    "Kaya",
    "Silva",
    "Ward",
)

CANNED = (
    (
        "hello",
        "Greeting",
        "Hi {{customer.first_name}}, thanks for writing to {{brand.name}}. {{agent.first_name}} here, let me look.",
    ),
    (
        "refund",
        "Refund on its way",
        "Hi {{customer.first_name}}, your refund is on its way. It takes three to five working days.",
    ),
    (
        "refund-photo",
        "Refund: ask for a photo",
        "I'm sorry about that, {{customer.first_name}}. Could you send me a photo? Then I refund it at once.",
    ),
    (
        "where",
        "Where is my order",
        "I have looked it up, {{customer.first_name}}: it left us yesterday and comes tomorrow before 18:00.",
    ),
    (
        "delay",
        "Parcel delayed",
        "I'm sorry, {{customer.first_name}}. The carrier is a day late. I keep an eye on it and write to you tomorrow.",
    ),
    (
        "exchange",
        "Exchange",
        "Of course. I have reserved a new one for you; send the old one back with the label I'm attaching.",
    ),
    (
        "thanks",
        "Closing",
        "Glad that is sorted, {{customer.first_name}}. Write any time. {{agent.first_name}} at {{brand.name}}",
    ),
)

PROBLEMS = (
    (
        "My order LP-{n} has not arrived yet. Where is it?",
        "I have looked it up: it is with the carrier and comes tomorrow.",
    ),
    (
        "Hi! The lamp came but the shade is bent.",
        "Oh no, I'm sorry. I can send a new shade today, or refund it. Which would you like?",
    ),
    ("Can I change the delivery address for LP-{n}?", "Yes, send me the new one and I change it before it leaves."),
    ("Do you have the Aster lamp in moss green?", "We do, three are left. Shall I put one aside?"),
    ("I was charged twice for LP-{n}", "You are right, and I'm sorry. The second one is on its way back to you."),
    ("How do I return a gift without the receipt?", "No receipt needed. Tell me the order number on the box."),
    ("وصل الطلب ناقص قطعة واحدة", "I'm sorry, one piece is missing. I am sending it today."),
    (
        "The tracking says delivered, but there is nothing here.",
        "Let me open a search with the carrier. I write to you by tonight.",
    ),
)
FOLLOW_UPS = (
    "Great, how long will that take?",
    "The first one, please.",
    "Oh, and can you add a gift card?",
    "Thank you. And the invoice?",
)
SECOND_ANSWERS = ("Two working days.", "Done.", "I have added it.", "It is in your e-mail now.")
TAGS = ("delivery", "damaged", "refund", "billing", "question")


def plant(*, secret_key: str, at: datetime) -> list[str]:
    """Plant what is missing, and say the sign-ins, a line each."""
    try:
        people_queries.brand_by_handle("larkpost")
    except NotFound:
        _plant(secret_key=secret_key, at=at)
    return sign_ins()


def sign_ins() -> list[str]:
    agents = ", ".join(f"{_email(name)} ({role})" for name, role, _ in STAFF if role != Role.LEAD)
    return [
        f"staff      /sign-in/staff   {agents}",
        f"customers  /sign-in         {', '.join(username for username, _, _ in MEMBERS)}",
        f"password   {PASSWORD}",
    ]


def _plant(*, secret_key: str, at: datetime) -> None:
    with transaction():
        ensure_partitions(at)
        larkpost = staff.add_brand(
            handle="larkpost",
            name="Larkpost",
            time_zone="Europe/London",
            bio="Lamps and small furniture, made in Leeds. We answer day and night.",
        )
        teams = {name: staff.add_team(larkpost, name=name) for name in ("Support", "Returns")}
        agents = {name: _agent(name, role, [teams[team] for team in of]) for name, role, of in STAFF}
        publish_defaults(larkpost.id, at=at - timedelta(days=DAYS + 7), hours=DAY_AND_NIGHT)
        x = _connect(larkpost, teams["Support"], secret_key)
        for shortcut, title, body in CANNED:
            canned_replies.add_canned_reply(brand_id=larkpost.id, shortcut=shortcut, title=title, body=body, owner=None)
        for username, name, bio in MEMBERS:
            members.sign_up(username=username, name=name, password=PASSWORD, bio=bio)
    _native_talk(larkpost, agents["Amal Haddad"], at=at)
    history = _History(x, [agents["Amal Haddad"], agents["Kofi Mensah"], agents["Lena Vogt"]], random.Random(7))  # noqa: S311
    history.play(until=at)


def _agent(name: str, role: Role, teams: list[Team]) -> Agent:
    return staff.add_agent(
        email=_email(name), name=name, role=role, teams=teams, password=PASSWORD, time_zone="Europe/London"
    )


def _email(name: str) -> str:
    return f"{name.split()[0].lower()}@larkpost.example"


def _connect(larkpost: Brand, team: Team, secret_key: str) -> ChannelAccount:
    add_native_account(larkpost, team=team, secret_key=secret_key)
    return add_channel_account(
        larkpost,
        network="x",
        external_id=X_BRAND.id,
        handle=X_BRAND.username,
        team=team,
        credentials={"consumer_secret": CONSUMER_SECRET, "access_token": ACCESS_TOKEN},
        secret_key=secret_key,
    )


def _native_talk(larkpost: Brand, amal: Agent, *, at: datetime) -> None:
    """Dana, a member of the native network, in the middle of a conversation with Amal."""
    account = messaging_queries.native_account(larkpost.id)
    dana = people_queries.member_by_username("dana")
    assert account is not None
    assert dana is not None
    sender = InboundIdentity(external_id=f"member:{dana.id}", display_name=dana.name, handle=dana.username)

    def says(text: str, minutes: float) -> None:
        with transaction():
            draft = conversing.draft_of(text, [], key=str(uuid5(NAMESPACE_URL, text)))
            speaker_id = ensure_identities("native", [sender])[sender.external_id]
            write_to_brand(
                draft, sender=sender, account=account, sender_id=speaker_id, at=at - timedelta(minutes=minutes)
            )

    says("Hi! My lamp finally came, but the box was crushed 😕", 22)
    says("The shade is bent too. It’s a birthday present for Saturday.", 21)
    ticket = queries.latest_ticket_of_conversation(
        account.id, conversing.conversation_key(account.external_id, sender.external_id)
    )
    with transaction():
        assignment.assign(ticket, to=amal, by=amal, at=at - timedelta(minutes=18))
        tagging.add_tag(ticket, "damaged", by=amal, at=at - timedelta(minutes=18))
    with transaction():
        locked = queries.lock_ticket(ticket.id, people_queries.standing_of(amal), Act.REPLY)
        words = (
            "Oh no, I’m sorry, Dana. That is ours to put right. "
            "I can send a new one today, or refund it. Which would you like?"
        )
        message = replying.reply_to_ticket(locked, words, key="seed-native", by=amal, at=at - timedelta(minutes=17))
        _deliver(message, at=at - timedelta(minutes=17))
    says("Thank you. Could I have the refund instead?", 6)


# History


@dataclass(frozen=True, kw_only=True)
class _Customer:
    identity: InboundIdentity
    conversation_key: str


class _History:
    """Four weeks of questions and answers, and this morning's that still wait."""

    def __init__(self, account: ChannelAccount, agents: list[Agent], chance: random.Random) -> None:
        self.account, self.agents, self.chance = account, agents, chance
        self.customers = _x_customers(X_CUSTOMERS)
        self.number = 0

    def play(self, *, until: datetime) -> None:
        past = cycle(_x_customers((f"{a}_{b}".lower(), f"{a} {b}") for b in LAST_NAMES for a in FIRST_NAMES))
        for begins_at in sorted(self._beginnings(until)):
            self._solved(next(past), at=begins_at)
        for minutes, customer in zip((31, 17, 13, 11, 9, 6, 4, 2), self.customers, strict=False):
            self._waiting(customer, at=until - timedelta(minutes=minutes))

    def _beginnings(self, until: datetime) -> Iterator[datetime]:
        """Some questions each day, most of them in the late morning, all answered well before `until`."""
        for days in range(DAYS, 0, -1):
            day = (until - timedelta(days=days)).astimezone(ZONE).date()
            for _ in range(self.chance.randint(2, 6) if day.weekday() < 6 else 1):
                minute = min(max(self.chance.gauss(12.5, 2.5), 7.0), 19.0) * 60
                at = datetime.combine(day, time(), ZONE) + timedelta(minutes=minute)
                if at.astimezone(UTC) < until - timedelta(hours=16):
                    yield at.astimezone(UTC)

    def _solved(self, customer: _Customer, *, at: datetime) -> None:
        """Asked, answered (mostly in time), perhaps asked back, resolved."""
        problem, answer = self.chance.choice(PROBLEMS)
        agent = self.chance.choice(self.agents)
        ticket = self._asks(customer, problem.format(n=self.chance.randint(48_000, 48_999)), at=at)
        with transaction():
            tagging.add_tag(ticket, self.chance.choice(TAGS), by=agent, at=at + timedelta(minutes=1))
            assignment.assign(ticket, to=agent, by=agent, at=at + timedelta(minutes=1))
        answered_at = self._answers(ticket, answer, by=agent, at=at + self._pause(median_minutes=6))
        if self.chance.random() < 0.45:
            n = self.chance.randrange(len(FOLLOW_UPS))
            asked_at = answered_at + self._pause(median_minutes=9)
            self._asks(customer, FOLLOW_UPS[n], at=asked_at)
            answered_at = self._answers(
                ticket, SECOND_ANSWERS[n], by=agent, at=asked_at + self._pause(median_minutes=8)
            )
        with transaction():
            locked = queries.lock_ticket(ticket.id, people_queries.standing_of(agent), Act.MOVE)
            lifecycle.resolve(locked, by=agent, at=answered_at + self._pause(median_minutes=12))

    def _waiting(self, customer: _Customer, *, at: datetime) -> None:
        """One of today's, still without an answer or in the middle of one."""
        problem, answer = PROBLEMS[self.number % len(PROBLEMS)]
        ticket = self._asks(customer, problem.format(n=48_213 + self.number), at=at)
        agent = self.agents[self.number % len(self.agents)]
        if self.number % 3 == 0:
            with transaction():
                assignment.assign(ticket, to=agent, by=agent, at=at + timedelta(minutes=1))
                lifecycle.set_priority(ticket, Priority.HIGH, by=agent, at=at + timedelta(minutes=1))
                add_note(
                    ticket,
                    "Three moss ones left in the warehouse, one is set aside until Tuesday noon.",
                    key=f"seed-note-{ticket.id}",
                    by=agent,
                    at=at + timedelta(minutes=2),
                )
        if self.number % 4 == 2:
            self._answers(ticket, answer, by=agent, at=at + timedelta(minutes=5))
            self._asks(customer, FOLLOW_UPS[self.number % len(FOLLOW_UPS)], at=at + timedelta(minutes=7))

    def _asks(self, customer: _Customer, text: str, *, at: datetime) -> Ticket:
        self.number += 1
        message = InboundMessage(
            conversation_key=customer.conversation_key,
            external_id=f"seed-{self.number}",
            sender=customer.identity,
            customer=customer.identity,
            is_from_brand=False,
            sent_at=at,
            parts=(InboundPart(kind=PartKind.TEXT, text=text),),
        )
        with transaction():
            take_in(self.account, [(at, message)])
        return queries.latest_ticket_of_conversation(self.account.id, customer.conversation_key)

    def _answers(self, ticket: Ticket, text: str, *, by: Agent, at: datetime) -> datetime:
        with transaction():
            locked = queries.lock_ticket(ticket.id, people_queries.standing_of(by), Act.REPLY)
            message = replying.reply_to_ticket(locked, text, key=f"seed-{self.number}-{at:%s}", by=by, at=at)
            _deliver(message, at=at + timedelta(seconds=2))
        return at

    def _pause(self, *, median_minutes: float) -> timedelta:
        return timedelta(minutes=self.chance.lognormvariate(0, 0.8) * median_minutes)


def _x_customers(names: Iterable[tuple[str, str]]) -> list[_Customer]:
    """Customers of X by (handle, name), under the ids by which the stand-in of X knows them."""
    world = World(X_BRAND)
    found = []
    for username, name in names:
        user = world.customer(username, name)
        low, high = sorted((int(user.id), int(X_BRAND.id)))
        identity = InboundIdentity(external_id=user.id, display_name=name, handle=username)
        found.append(_Customer(identity=identity, conversation_key=f"dm:{low}-{high}"))
    return found


def _deliver(message: Message, *, at: datetime) -> None:
    """As the worker would have, weeks ago: the network took it and the customer read it."""
    delivery = message.delivery
    assert delivery is not None
    delivery.state = DeliveryState.SENDING
    accepted = Accepted(external_id=f"seed-reply-{message.id}", conversation_key="")
    outbound.record_accepted(delivery, accepted, at=at)
    outbound.rise(delivery, DeliveryState.READ, at=at + timedelta(minutes=1))
