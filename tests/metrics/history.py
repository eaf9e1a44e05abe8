"""A month of customers, replies and moves, played through the product's own verbs; and what it says by its messages.

The retelling knows nothing of clocks: it reads who wrote when in which episode, and what the staff did with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.messaging.models import Conversation, Direction, Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.sla.calendar import between
from helpdesk.sla.defaults import opening_hours
from helpdesk.tickets import assignment, lifecycle, queries
from helpdesk.tickets.models import Status, Ticket, TicketMessage
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, larkpost_says_on_x, reply, standing

Span = tuple[datetime, datetime]

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Move:
    """What the staff, or the end of a snooze, did with a ticket; `status` is what it is then."""

    at: datetime
    status: Status
    by: int | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """One interval as the messages tell it; `ended_at` None: it still runs."""

    ticket_id: int
    network: str
    is_first: bool
    is_resolution: bool
    started_at: datetime
    ended_at: datetime | None
    is_answered: bool
    agent_id: int | None
    business_seconds: float | None

    def seconds(self, at: datetime) -> float:
        return ((self.ended_at or at) - self.started_at).total_seconds()


@dataclass
class History:
    cast: Cast
    random: Random
    moves: dict[int, list[Move]] = field(default_factory=dict)
    transferred: set[int] = field(default_factory=set)
    """Tickets that went from one team to another."""
    resolving: int = 1
    """How much more often than other moves a ticket is resolved."""

    def play(self, *, customers: int, since: datetime, until: datetime) -> None:
        for number in range(customers):
            at = since + self.random.random() * (until - since) / 2
            for _ in range(self.random.randint(4, 16)):
                self._step(f"9{number:03}", at)
                at += timedelta(
                    minutes=self.random.choice([1, 4, 9, 25, 70, 400, 1500]), seconds=self.random.random() * 60
                )
                if at >= until:
                    break

    def _step(self, customer: str, at: datetime) -> None:
        ticket = self._ticket_of(customer)
        if ticket is None:
            return self._customer_writes(customer, at)
        acts = [self._customer_writes] * 3
        if ticket.status in (Status.RESOLVED, Status.CLOSED):
            self.random.choice([*acts, self._reopen])(customer, at)
        else:
            more = [self._reply] * 5 + [
                *[self._resolve] * self.resolving,
                self._pend,
                self._snooze,
                self._answer_from_the_app,
                self._hand_on,
            ]
            self.random.choice(acts + more)(customer, at)
        return None

    def _customer_writes(self, customer: str, at: datetime) -> None:
        ticket = self._ticket_of(customer)
        before = ticket.status if ticket else None
        hear(self.cast.x, dana_says("Where is my order?", at=at, customer=customer), at=at + timedelta(seconds=2))
        now = newest_of(customer)
        if ticket is not None and now.id == ticket.id and before != now.status:
            self._moved(now, Status.OPEN, at=at, by=None)

    def _reply(self, customer: str, at: datetime) -> None:
        ticket = newest_of(customer)
        reply(ticket, "On its way", by=self._who(ticket), at=at)

    def _answer_from_the_app(self, customer: str, at: datetime) -> None:
        hear(self.cast.x, larkpost_says_on_x("From the app", at=at, customer=customer), at=at + timedelta(seconds=2))

    def _resolve(self, customer: str, at: datetime) -> None:
        ticket, by = self._locked(customer)
        with transaction():
            lifecycle.resolve(ticket, by=by, at=at)
        self._moved(ticket, Status.RESOLVED, at=at, by=by)

    def _reopen(self, customer: str, at: datetime) -> None:
        ticket, by = self._locked(customer)
        if ticket.status == Status.CLOSED:
            return
        with transaction():
            lifecycle.reopen(ticket, by=by, at=at)
        self._moved(ticket, Status.OPEN, at=at, by=by)

    def _pend(self, customer: str, at: datetime) -> None:
        ticket, by = self._locked(customer)
        if ticket.status == Status.PENDING:
            return
        with transaction():
            lifecycle.wait_for_customer(ticket, by=by, at=at)
        self._moved(ticket, Status.PENDING, at=at, by=by)

    def _snooze(self, customer: str, at: datetime) -> None:
        ticket, by = self._locked(customer)
        if ticket.status == Status.SNOOZED:
            return
        with transaction():
            lifecycle.snooze(ticket, until=at + timedelta(days=300), by=by, at=at)
        self._moved(ticket, Status.SNOOZED, at=at, by=by)

    def _hand_on(self, customer: str, at: datetime) -> None:
        ticket, _ = self._locked(customer)
        team = self.cast.returns if ticket.team_id == self.cast.support.id else self.cast.support
        with transaction():
            assignment.hand_to_team(ticket, team, by=self.cast.chidi, at=at)
        self.transferred.add(ticket.id)

    def _moved(self, ticket: Ticket, status: Status, *, at: datetime, by: Agent | None) -> None:
        self.moves.setdefault(ticket.id, []).append(Move(at=at, status=status, by=by.id if by else None))

    def _locked(self, customer: str) -> tuple[Ticket, Agent]:
        ticket = newest_of(customer)
        by = self._who(ticket)
        return queries.lock_ticket(ticket.id, standing(by), Act.MOVE), by

    def _who(self, ticket: Ticket) -> Agent:
        """Somebody who works in the ticket's team."""
        here = [self.cast.amal, self.cast.lena] if ticket.team_id == self.cast.support.id else [self.cast.bruno]
        return self.random.choice([*here, self.cast.chidi])

    def _ticket_of(self, customer: str) -> Ticket | None:
        try:
            return newest_of(customer)
        except NotFound:
            return None

    # What it says

    def told(self) -> list[Told]:
        rows = db.session.execute(
            select(TicketMessage.ticket_id, Message)
            .join(Message, Message.id == TicketMessage.message_id)
            .order_by(Message.platform_time, Message.id)
        ).all()
        episodes: dict[int, list[Message]] = {}
        for ticket_id, message in rows:
            episodes.setdefault(ticket_id, []).append(message)
        return [one for ticket_id, said in episodes.items() for one in self._retell(ticket_id, said)]

    def _retell(self, ticket_id: int, said: list[Message]) -> Iterator[Told]:
        moves = self.moves.get(ticket_id, [])
        happenings: list[tuple[datetime, int, Message | Move]] = [(m.platform_time, 1, m) for m in said]
        # Moves that a message caused are at its instant: they come after it.
        happenings += [(move.at, 2, move) for move in moves]
        waiting: datetime | None = None
        replies = reopens = 0
        status = Status.OPEN
        for at, _, one in sorted(happenings, key=lambda happening: happening[:2]):
            if isinstance(one, Move):
                if one.status == Status.RESOLVED and waiting is not None:
                    yield self._interval(
                        ticket_id, waiting, at, replies + reopens == 0, agent_id=one.by, answered=False
                    )
                waiting = None if one.status == Status.RESOLVED else waiting
                reopens += status == Status.RESOLVED and one.by is not None
                status = one.status
            elif one.direction == Direction.IN:
                # A customer who writes to a resolved ticket reopens it before the turn begins.
                reopens += status == Status.RESOLVED
                status = Status.OPEN
                waiting = waiting or at
            else:
                if waiting is not None:
                    yield self._interval(
                        ticket_id, waiting, at, replies + reopens == 0, agent_id=one.author_agent_id, answered=True
                    )
                waiting, replies = None, replies + 1
        if waiting is not None:
            owner = db.session.get_one(Ticket, ticket_id).assignee_id
            yield self._interval(ticket_id, waiting, None, replies + reopens == 0, agent_id=owner, answered=False)
        yield self._resolution(ticket_id, said[0].platform_time, status, moves)

    def _resolution(self, ticket_id: int, began: datetime, status: Status, moves: list[Move]) -> Told:
        last = moves[-1] if status == Status.RESOLVED else None
        return Told(
            ticket_id=ticket_id,
            network="x",
            is_first=False,
            is_resolution=True,
            started_at=began,
            ended_at=last.at if last else None,
            is_answered=last is not None,
            agent_id=last.by if last else None,
            business_seconds=self._business(ticket_id, began, last.at) if last else None,
        )

    def _interval(
        self,
        ticket_id: int,
        began: datetime,
        ended: datetime | None,
        is_first: bool,
        *,
        agent_id: int | None,
        answered: bool,
    ) -> Told:
        return Told(
            ticket_id=ticket_id,
            network="x",
            is_first=is_first,
            is_resolution=False,
            started_at=began,
            ended_at=ended,
            is_answered=answered,
            agent_id=agent_id,
            business_seconds=self._business(ticket_id, began, ended) if ended else None,
        )

    def _business(self, ticket_id: int, began: datetime, ended: datetime) -> float:
        """Open time, less what the ticket was pending, snoozed or resolved."""
        hours = opening_hours()
        paused = sum(
            (
                between(max(a, began), min(b, ended), hours)
                for a, b in self._put_away(ticket_id, ended)
                if max(a, began) < min(b, ended)
            ),
            timedelta(0),
        )
        return (between(began, ended, hours) - paused).total_seconds()

    def _put_away(self, ticket_id: int, ended: datetime) -> Iterator[Span]:
        moves = self.moves.get(ticket_id, [])
        for move, after in zip(moves, [*(m.at for m in moves), ended][1:], strict=True):
            if move.status != Status.OPEN:
                yield move.at, after


def newest_of(customer: str) -> Ticket:
    """The customer's latest ticket. Raises NotFound before the first."""
    found = db.session.scalars(
        select(Ticket)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .where(Conversation.external_key == f"dm:7001-{customer}")
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound("no ticket yet")
    return found
