"""What happens when a DM arrives, from top to bottom.

Messages into their conversations → what was to be sent there later is held → the ticket each belongs to: the open
one, a resolved one reopened, or a new one → its clocks → a notice. One call takes a whole batch and runs in its
caller's transaction.

Platform time starts clocks. A message that arrives late is handled by what the staff could know:

| it was sent | and arrives | then |
| --- | --- | --- |
| before the turn's first message that we know of | before our reply | the turn and its clock start earlier |
| before our reply | after it | a new turn, timed from when we heard of it: nobody has read it |
| before the resolve | after it | the ticket reopens, timed from when we heard of it |
| within the reopen time | after it | it reopens the ticket: its own time decides |
| within the reopen time | after a new ticket began | it belongs to the new one, which then began earlier |

Between two deeds of the staff the order in which messages come changes nothing: what was said before something that we
know already goes through refolding.py.

What is read from the network's own record goes the same way where it still waits for an answer (past_messages.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from helpdesk.arrays import arrays_of, insert_of
from helpdesk.channels.port import (
    AccessRevoked,
    InboundEvent,
    InboundMessage,
    InboundParticipation,
    InboundTyping,
    Referring,
)
from helpdesk.messaging import groups, sending_later
from helpdesk.messaging.echoes import join_echoes
from helpdesk.messaging.inbound import Heard, PlacedMessage, hold_conversations, place_messages
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.messaging.reading import note_typing
from helpdesk.messaging.referring import apply_parked, apply_referring
from helpdesk.orm import Json, db
from helpdesk.people.models import Brand
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.policies import TicketFacts
from helpdesk.tickets import lifecycle, past_messages, promises, queries, refolding, tagging, tagging_queries
from helpdesk.tickets.closing_messages import is_closing_message
from helpdesk.tickets.models import Status, Ticket, TicketMessage
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.replying import answered
from helpdesk.tickets.timeline import record_event, record_opened


def take_in(account: ChannelAccount, events: Sequence[tuple[datetime, InboundEvent]]) -> None:
    """Take in a batch of what a network told us: (when we heard of it, what). Repeating it changes nothing."""
    if not events:
        return
    at = max(heard_at for heard_at, _ in events)
    referring = [e for _, e in events if isinstance(e, Referring)]
    told = _messages(events)
    joined_or_left = [e for _, e in events if isinstance(e, InboundParticipation)]
    if referring or joined_or_left or any(h.message.is_from_brand for h in told):
        keys = [e.conversation_key for e in (*referring, *joined_or_left)]
        hold_conversations(account, [h.message for h in told], keys)
    heard, settled = join_echoes(account, told, at=at)
    placed = place_messages(account, heard)
    file_under_tickets(account, placed)

    changed = groups.note_participation(account, joined_or_left)
    changed += apply_referring(account, referring, at=at)
    changed += apply_parked(account, {h.message.external_id for h in told}, at=at)
    changed += note_typing(account, [e for _, e in events if isinstance(e, InboundTyping)], at=at)
    for ticket in queries.latest_tickets(set(changed + settled)):
        ticket_changed(ticket)

    told_at = max((heard_at for heard_at, event in events if _is_told(event)), default=None)
    account.last_event_at = max((t for t in (account.last_event_at, told_at) if t is not None), default=None)
    if any(isinstance(e, AccessRevoked) and _is_news(account, e) for _, e in events):
        account.health, account.health_reason = Health.AUTH_LOST, "The brand withdrew our access."


def _is_told(event: InboundEvent) -> bool:
    """Whether the network told us of it, so that its webhook works; not so what we asked for."""
    if isinstance(event, InboundMessage):
        return not event.is_backfilled
    return not isinstance(event, InboundParticipation)


def _is_news(account: ChannelAccount, revoked: AccessRevoked) -> bool:
    """Whether it was said after the account was last connected: a replay takes no access away."""
    return account.resumed_at is None or revoked.at > account.resumed_at


def take_in_parked(account: ChannelAccount, external_ids: Iterable[str], *, at: datetime) -> None:
    """Apply what waits for messages that are there: two workers, one with each, did not see each other."""
    for ticket in queries.latest_tickets(set(apply_parked(account, set(external_ids), at=at))):
        ticket_changed(ticket)


def _messages(events: Iterable[tuple[datetime, InboundEvent]]) -> list[Heard]:
    return [Heard(message=event, at=at) for at, event in events if isinstance(event, InboundMessage)]


@dataclass
class _Batch:
    """What a batch of messages comes to, so that it is written in a few statements."""

    account: ChannelAccount
    reopen_time: timedelta
    latest: dict[int, Ticket]
    """conversation id → its latest ticket, locked."""
    tickets: list[Ticket]
    """Those and all that the batch opens."""
    tags: dict[int, tuple[str, ...]]
    at: datetime
    filed: list[tuple[int, int]] = field(default_factory=list)
    starts: list[ClockStart] = field(default_factory=list)

    def turn_begins(self, ticket: Ticket, *, since: datetime) -> None:
        self.starts.extend(promises.starts_of_turn(ticket, self.facts_of(ticket), at=since))

    def facts_of(self, ticket: Ticket) -> TicketFacts:
        return promises.facts_of(ticket, network=self.account.network, tags=self.tags.get(ticket.id, ()))

    def write(self) -> None:
        """Write what has gathered; once at the end, and before anything that reads it."""
        # A flush at every query in here would write each ticket three times over, into all its indexes.
        with db.session.no_autoflush:
            if self.filed:
                rows = [{"message_id": message_id, "ticket_id": ticket_id} for message_id, ticket_id in self.filed]
                db.session.execute(insert_of(TicketMessage, rows).on_conflict_do_nothing(), arrays_of(rows))
            promises.start(self.starts, self.tickets, at=self.at)
        self.filed, self.starts = [], []


def file_under_tickets(account: ChannelAccount, placed: Sequence[PlacedMessage]) -> None:
    """Give every new message its ticket, and start and stop the clocks; conversations are locked by the caller.

    `placed` is oldest first; a batch comes to the same as its messages one by one.
    """
    if not placed:
        return
    brand = db.session.get_one(Brand, account.brand_id)
    latest = queries.lock_latest_tickets(account.brand_id, {p.conversation_id for p in placed})
    batch = _Batch(
        account=account,
        reopen_time=timedelta(hours=brand.reopen_hours),
        latest=latest,
        tickets=list(latest.values()),
        tags=tagging_queries.tags_of_many([ticket.id for ticket in latest.values()]),
        at=max(p.received_at for p in placed),
    )
    worked, quiet = past_messages.sort_out(placed, latest, is_over=partial(_is_over, reopen_time=batch.reopen_time))
    batch.filed.extend(quiet)
    sending_later.hold({p.conversation_id for p in worked if not p.is_from_brand}, at=batch.at)
    left: Sequence[PlacedMessage] = worked
    while left:
        left = _file_an_episode_each(batch, left)
    batch.write()
    for ticket in batch.tickets:
        ticket_changed(ticket)


def _file_an_episode_each(batch: _Batch, placed: Sequence[PlacedMessage]) -> Sequence[PlacedMessage]:
    """File what belongs to one ticket of each conversation; what comes too late for it is left, for a new one."""
    _open_tickets(batch, placed)
    left: list[PlacedMessage] = []
    ended: set[int] = set()
    for message in placed:
        conversation_id = message.conversation_id
        if conversation_id in ended or _is_over(batch.latest[conversation_id], message, batch.reopen_time):
            ended.add(conversation_id)
            left.append(message)
        else:
            _file(batch, message)
    return left


def _open_tickets(batch: _Batch, placed: Sequence[PlacedMessage]) -> None:
    """New tickets for the conversations whose first message here finds none to belong to, written together."""
    rows: list[Json] = []
    for message in {p.conversation_id: p for p in reversed(placed)}.values():
        before = batch.latest.get(message.conversation_id)
        if before is not None and not _is_over(before, message, batch.reopen_time):
            continue
        if before is not None and before.status == Status.RESOLVED:
            lifecycle.move(before, Status.CLOSED)
        rows.append(_new_ticket(batch.account, message))
    if not rows:
        return
    # What was closed just now is written before: a conversation has one active ticket.
    db.session.flush()
    opened = db.session.scalars(insert_of(Ticket, rows).returning(Ticket), arrays_of(rows)).all()
    for ticket in opened:
        batch.latest[ticket.conversation_id] = ticket
        batch.tickets.append(ticket)
    # Nothing that they read waits to be flushed.
    with db.session.no_autoflush:
        record_opened(opened)
        batch.tags |= tagging.tag_as_their_customers(opened)


def _is_over(ticket: Ticket, message: PlacedMessage, reopen_time: timedelta) -> bool:
    """Whether the message comes too late to be part of this episode."""
    if ticket.status == Status.CLOSED:
        return True
    return ticket.resolved_at is not None and message.sent_at > ticket.resolved_at + reopen_time


def _new_ticket(account: ChannelAccount, message: PlacedMessage) -> Json:
    """A ticket that begins with this message; one that the brand begins waits for the customer, with no clock."""
    return {
        "brand_id": account.brand_id,
        "conversation_id": message.conversation_id,
        "account_id": account.id,
        "customer_identity_id": message.customer_identity_id,
        "team_id": account.team_id,
        "status": Status.PENDING if message.is_from_brand else Status.OPEN,
        "opened_at": message.sent_at,
        "updated_at": message.received_at,
    }


def _file(batch: _Batch, message: PlacedMessage) -> None:
    ticket = batch.latest[message.conversation_id]
    ticket.updated_at = max(ticket.updated_at, message.received_at)
    if refolding.is_late(ticket, message) and refolding.can_fold(ticket, message):
        batch.write()
        refolding.file_late(ticket, message, facts=batch.facts_of(ticket))
        return
    batch.filed.append((message.id, ticket.id))
    if message.is_from_brand:
        _file_answer_from_the_app(batch, ticket, message)
    elif ticket.status == Status.RESOLVED and is_closing_message(message.text):
        record_event(ticket, "closing message", by=None, at=message.sent_at, message_id=message.id)
    else:
        _file_customer_message(batch, ticket, message)


def _file_customer_message(batch: _Batch, ticket: Ticket, message: PlacedMessage) -> None:
    since = message.sent_at
    if ticket.status != Status.OPEN:
        lifecycle.open_again(ticket, by=None, at=since, message_id=message.id)
    if ticket.waiting_since is None:
        ticket.waiting_since = since
        batch.turn_begins(ticket, since=since)
    elif since < ticket.waiting_since:
        # The turn began earlier than we knew: its clocks move back to this start.
        batch.turn_begins(ticket, since=since)
        ticket.waiting_since = since
        ticket.opened_at = min(ticket.opened_at, since)


def _file_answer_from_the_app(batch: _Batch, ticket: Ticket, message: PlacedMessage) -> None:
    """The brand answered from the network's own app: a reply by nobody we know. What came after it still waits."""
    batch.write()
    waiting = ticket.waiting_since
    answered(ticket, message_id=message.id, by=None, at=message.sent_at)
    last_reply_at = ticket.last_reply_at or message.sent_at
    if waiting is None or waiting <= last_reply_at:
        waiting = queries.first_customer_message_after(ticket.id, last_reply_at)
    if waiting is not None:
        ticket.waiting_since = waiting
        batch.turn_begins(ticket, since=waiting)
