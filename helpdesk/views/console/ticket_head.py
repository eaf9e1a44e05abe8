"""The head of a ticket and the panel beside it: where it stands, whose it is, which promises run, who else is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from flask import url_for

from helpdesk.messaging import quotas
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.people.permissions import Act, Place, Standing, acts, may_assign_to
from helpdesk.tickets.lifecycle import ACTIVE, MOVES
from helpdesk.tickets.models import Priority, Status, Ticket
from helpdesk.tickets.page_queries import Beside, Colleague, OtherTicket, ShownPromise
from helpdesk.tickets.presence import HERE_FOR, TYPING_FOR, WRITING_FOR
from helpdesk.tickets.queries import place_of
from helpdesk.views.console.clock_faces import ClockFace, Waiting, duration_words, face_of, first_name, short_day, when
from helpdesk.views.console.delivery_words import NETWORK_NAMES
from helpdesk.views.console.event_words import PROMISE_WORDS

STATUS_ICONS = {
    Status.OPEN: "circle",
    Status.PENDING: "pause",
    Status.SNOOZED: "moon",
    Status.RESOLVED: "circle-check",
    Status.CLOSED: "archive",
}


@dataclass(frozen=True, kw_only=True)
class PromiseLine:
    title: str
    words: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Watcher:
    name: str
    is_typing: bool


@dataclass(frozen=True, kw_only=True)
class TeamChoice:
    id: int
    name: str
    is_current: bool
    people: tuple[tuple[int, str], ...]
    """(id, name) of those who may be given a ticket of this team; empty where this person may not."""


@dataclass(frozen=True, kw_only=True)
class Head:
    id: int
    name: str
    first_name: str
    handle: str
    network: str
    network_name: str
    status: str
    status_words: str
    status_icon: str
    moves: frozenset[str]
    is_active: bool
    priority: str
    assignee_id: int | None
    assignee: str
    team: str
    teams: tuple[TeamChoice, ...]
    tags: tuple[str, ...]
    customer_tags: tuple[str, ...]
    clock: ClockFace | None
    promises: tuple[PromiseLine, ...]
    watchers: tuple[Watcher, ...]
    customer_types: bool
    may: frozenset[str]
    digest: str
    """Changes with anything of this head, not as its clock counts; its first letter says what may be written."""


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """Who looks at the ticket, and when."""

    agent_id: int
    standing: Standing
    zone: str
    at: datetime


def head_of(
    ticket: Ticket,
    beside: Beside,
    colleagues: Sequence[Colleague],
    onlooker: Onlooker,
) -> Head:
    place = place_of(ticket, ticket.team)
    name = customer_name(ticket)
    may = frozenset(act.name.lower() for act in acts(onlooker.standing, place))
    watchers = _watchers(colleagues, onlooker)
    customer_types = _is_recent(beside.customer_typing_at, onlooker.at, for_=TYPING_FOR)
    return Head(
        id=ticket.id,
        name=name,
        first_name=first_name(name),
        handle=f"@{ticket.customer.handle}" if ticket.customer.handle else "",
        network=ticket.account.network,
        network_name=NETWORK_NAMES.get(ticket.account.network, ticket.account.network),
        status=ticket.status,
        status_words=_status_words(ticket, name, onlooker),
        status_icon=STATUS_ICONS[Status(ticket.status)],
        moves=frozenset(str(move) for move in MOVES[Status(ticket.status)]),
        is_active=ticket.status in ACTIVE,
        priority=Priority(ticket.priority).word,
        assignee_id=ticket.assignee_id,
        assignee=ticket.assignee.name if ticket.assignee else "",
        team=ticket.team.name,
        teams=_teams(ticket, colleagues, onlooker, place),
        tags=beside.tags,
        customer_tags=beside.customer_tags,
        clock=_clock(ticket, name, beside.promises, onlooker),
        promises=tuple(_promise_line(promise, onlooker) for promise in beside.promises),
        watchers=watchers,
        customer_types=customer_types,
        may=may,
        digest=_composing(ticket, may)
        + _digest(ticket, beside.tags, beside.customer_tags, beside.promises, watchers, customer_types, may),
    )


def customer_name(ticket: Ticket) -> str:
    return ticket.customer.display_name or ticket.customer.handle or "Somebody"


def _composing(ticket: Ticket, may: frozenset[str]) -> str:
    """r: replies, n: notes only, d: done."""
    if ticket.status not in ACTIVE:
        return "d"
    return "r" if Act.REPLY.name.lower() in may else "n"


def _digest(ticket: Ticket, *facts: object) -> str:
    of_ticket = (ticket.status, ticket.priority, ticket.assignee_id, ticket.team_id, ticket.snoozed_until)
    told = tuple(sorted(fact) if isinstance(fact, frozenset) else fact for fact in facts)
    return f"{crc32(repr((of_ticket, ticket.waiting_since, told)).encode()):08x}"


def _status_words(ticket: Ticket, name: str, onlooker: Onlooker) -> str:
    match ticket.status:
        case Status.PENDING:
            return f"Waiting for {first_name(name)}"
        case Status.SNOOZED if ticket.snoozed_until is not None:
            return f"Until {when(ticket.snoozed_until, onlooker.zone, at=onlooker.at)}"
    return ticket.status.capitalize()


def _clock(ticket: Ticket, name: str, promises: Sequence[ShownPromise], onlooker: Onlooker) -> ClockFace | None:
    nearest = next((p for p in promises if p.due_at is not None), None)
    waiting = Waiting(
        status=ticket.status,
        waiting_since=ticket.waiting_since,
        snoozed_until=ticket.snoozed_until,
        customer_name=name,
    )
    return face_of(
        waiting,
        kind=nearest.kind if nearest else None,
        started_at=nearest.started_at if nearest else None,
        due_at=nearest.due_at if nearest else None,
        zone=onlooker.zone,
        at=onlooker.at,
    )


def _promise_line(promise: ShownPromise, onlooker: Onlooker) -> PromiseLine:
    title = PROMISE_WORDS.get(promise.kind, promise.kind).capitalize()
    started = f"Started {when(promise.started_at, onlooker.zone, at=onlooker.at)}."
    if promise.due_at is None:
        return PromiseLine(title=title, words="Timed, nothing promised", explanation=started)
    state = "stands still" if promise.paused_at else f"due {when(promise.due_at, onlooker.zone, at=onlooker.at)}"
    target = duration_words(promise.target_seconds or 0)
    hours = f" in {promise.calendar.lower()}" if promise.calendar else ", at all hours"
    policy = f"{promise.policy}: " if promise.policy else ""
    reason = promise.matched[:1].upper() + promise.matched[1:]
    return PromiseLine(title=title, words=state, explanation=f"{policy}{target}{hours}. {reason}. {started}")


def _watchers(colleagues: Sequence[Colleague], onlooker: Onlooker) -> tuple[Watcher, ...]:
    """Colleagues who have the ticket open now, each once."""
    here = {
        c.agent_id: Watcher(name=c.name, is_typing=_is_recent(c.typing_at, onlooker.at, for_=WRITING_FOR))
        for c in colleagues
        if c.agent_id != onlooker.agent_id and c.here_at is not None and c.here_at > onlooker.at - HERE_FOR
    }
    return tuple(sorted(here.values(), key=lambda watcher: watcher.name))


def _is_recent(typing_at: datetime | None, at: datetime, *, for_: timedelta) -> bool:
    return typing_at is not None and typing_at > at - for_


def _teams(ticket: Ticket, colleagues: Sequence[Colleague], onlooker: Onlooker, place: Place) -> tuple[TeamChoice, ...]:
    """The teams that this person may hand the ticket to; its own with the people who may have it."""
    names = {ticket.team_id: ticket.team.name}
    names |= {c.team_id: c.team_name for c in colleagues if c.team_id is not None and c.team_name is not None}
    return tuple(
        TeamChoice(
            id=team_id,
            name=name,
            is_current=team_id == ticket.team_id,
            people=tuple((c.agent_id, c.name) for c in colleagues if c.team_id == team_id),
        )
        for team_id, name in sorted(names.items(), key=lambda item: (item[0] != ticket.team_id, item[1]))
        if may_assign_to(onlooker.standing, team_id=team_id, place=place)
    )


# The panel beside


@dataclass(frozen=True, kw_only=True)
class TicketLink:
    text: str
    url: str
    aside: str


def other_tickets(tickets: Sequence[OtherTicket], *, zone: str, at: datetime) -> list[TicketLink]:
    return [
        TicketLink(
            text=f"Ticket {ticket.id}, {ticket.status}",
            url=url_for("console.show_ticket", ticket_id=ticket.id),
            aside=short_day(ticket.opened_at, zone, at=at),
        )
        for ticket in tickets
    ]


_HEALTH_WORDS = {
    Health.OK: "Working",
    Health.AUTH_LOST: "Access lost: an admin must connect it again",
    Health.RESTRICTED: "Restricted by the network",
    Health.MISCONFIGURED: "Not set up rightly",
    Health.BILLING: "The network asks for payment",
}


def channel_facts(account: ChannelAccount, *, zone: str, at: datetime) -> list[tuple[str, str]]:
    """(label, words) of how the channel does."""
    facts = [("State", _HEALTH_WORDS[Health(account.health)])]
    if account.paused_at is not None:
        facts.append(("Paused", f"since {when(account.paused_at, zone, at=at)}: replies wait"))
    if account.last_event_at is not None:
        facts.append(("Last heard", when(account.last_event_at, zone, at=at)))
    window = quotas.binding_window(account, at=at)
    if window is not None:
        left = f"{window.remaining:,} of {window.limit:,} left"
        facts.append(("Sends", f"{left}, more at {when(window.resets_at, zone, at=at)}"))
    return facts
