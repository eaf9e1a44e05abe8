"""The panes of a ticket put together: head, conversation, composer and customer, or only what changed of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request

from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Direction, Message
from helpdesk.tickets import page_queries
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.page_queries import Beside, Colleague, Happening
from helpdesk.views.access import current_agent, current_standing
from helpdesk.views.console import frame
from helpdesk.views.console.clock_faces import first_name, when
from helpdesk.views.console.coming_times import later_choices, snooze_choices
from helpdesk.views.console.composer import Written, composer_for
from helpdesk.views.console.thread import Viewer, thread_rows
from helpdesk.views.console.thread_changes import Version, changed_rows, gone_rows
from helpdesk.views.console.ticket_head import Head, Onlooker, TicketLink, channel_facts, head_of, other_tickets
from helpdesk.views.messages import sort_number

MESSAGES_A_PAGE = messaging_queries.MESSAGES_A_PAGE
"""Enough for a tall screen; the rest comes as one scrolls up."""

_MOST_CHANGED = 300

Before = tuple[datetime, int]
"""A place in a conversation: platform time and message."""


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A ticket and what stands around it, without its messages. The version in the ticket's conversation is older
    than anything read after it, so a page that asks "since" it skips nothing."""

    ticket: Ticket
    head: Head
    beside: Beside
    colleagues: list[Colleague]
    happenings: list[Happening]
    at: datetime

    @property
    def version(self) -> Version:
        return Version(
            conversation=self.ticket.conversation.version,
            note=max((h.id for h in self.happenings if h.is_note), default=0),
            event=max((h.id for h in self.happenings if not h.is_note), default=0),
            head=self.head.digest,
        )

    @property
    def viewer(self) -> Viewer:
        return _viewer(self.ticket, at=self.at)


def _viewer(ticket: Ticket, *, at: datetime) -> Viewer:
    name = first_name(ticket.customer.display_name or ticket.customer.handle)
    return Viewer(zone=current_agent().time_zone, at=at, account=ticket.account, customer=name)


def _load(ticket: Ticket, *, at: datetime) -> _Loaded:
    agent, standing = current_agent(), current_standing()
    beside = page_queries.beside(ticket.id, agent_id=agent.id)
    colleagues = frame.staff(standing.own_brand_ids | {ticket.brand_id}, ticket_id=ticket.id, at=at)
    onlooker = Onlooker(agent_id=agent.id, standing=standing, zone=agent.time_zone, at=at)
    head = head_of(ticket, beside, colleagues, onlooker)
    happenings = page_queries.happenings(ticket.conversation_id, standing)
    return _Loaded(ticket=ticket, head=head, beside=beside, colleagues=colleagues, happenings=happenings, at=at)


def whole(
    ticket: Ticket, *, at: datetime, before: Before | None = None, written: Written | None = None
) -> dict[str, Any]:
    """Everything of the ticket's panes. `before`: an earlier page of the conversation."""
    loaded = _load(ticket, at=at)
    messages = messaging_queries.messages_before(ticket.conversation_id, before=before, limit=MESSAGES_A_PAGE)
    is_first_page = len(messages) < MESSAGES_A_PAGE
    since = None if is_first_page else messages[0].platform_time
    rows = thread_rows(messages, loaded.happenings, loaded.viewer, since=since, is_end=before is None)
    draft = Written(body=loaded.beside.draft, mode=loaded.beside.draft_mode)
    return _common(loaded) | {
        "colleagues": loaded.colleagues,
        "thread_rows": rows,
        "older_at": None if is_first_page else place_words(messages[0]),
        "composer": composer_for(ticket, written or draft, seen=_newest_of_customer(ticket, messages)),
        "others": _others(ticket, at=at),
        "opened": when(ticket.opened_at, current_agent().time_zone, at=at),
        "channel": channel_facts(ticket.account, zone=current_agent().time_zone, at=at),
    }


def earlier(ticket: Ticket, *, at: datetime, before: Before) -> dict[str, Any]:
    """An earlier page of the conversation, to stand above; its last row is the one that `before` names."""
    happenings = [h for h in page_queries.happenings(ticket.conversation_id, current_standing()) if h.at <= before[0]]
    messages = messaging_queries.messages_before(
        ticket.conversation_id, before=(before[0], before[1] + 1), limit=MESSAGES_A_PAGE
    )
    is_first_page = len(messages) < MESSAGES_A_PAGE
    viewer = _viewer(ticket, at=at)
    since = None if is_first_page else messages[0].platform_time
    rows = thread_rows(messages, happenings, viewer, since=since, is_end=False)
    return {
        "ticket_id": ticket.id,
        "thread_rows": rows,
        "later_choices": later_choices(current_agent().time_zone, at=at),
        "older_at": None if is_first_page else place_words(messages[0]),
    }


def changes(ticket: Ticket, *, at: datetime, seen: Version) -> dict[str, Any] | None:
    """What a page that has seen `seen` must draw anew; None when that is nothing."""
    loaded = _load(ticket, at=at)
    if loaded.version == seen:
        return None
    messages = _window(ticket, seen)
    since = messages[0].platform_time if messages else None
    rows = thread_rows(messages, loaded.happenings, loaded.viewer, since=since, is_end=True)
    draft = Written(body=loaded.beside.draft, mode=loaded.beside.draft_mode)
    return _common(loaded) | {
        "thread_rows": changed_rows(rows, seen),
        "gone_rows": gone_rows(messages, seen),
        "is_head_changed": loaded.version.head != seen.head,
        "is_composer_changed": loaded.version.head[:1] != seen.head[:1],
        "composer": composer_for(ticket, draft, seen=_newest_of_customer(ticket, messages)),
    }


def _window(ticket: Ticket, seen: Version) -> Sequence[Message]:
    """The end of the conversation, far enough back to hold what is new."""
    messages = messaging_queries.messages_before(ticket.conversation_id, limit=MESSAGES_A_PAGE)
    if len(messages) == MESSAGES_A_PAGE and messages[0].version > seen.conversation:
        messages = messaging_queries.messages_before(ticket.conversation_id, limit=_MOST_CHANGED)
    return messages


def _common(loaded: _Loaded) -> dict[str, Any]:
    zone = current_agent().time_zone
    return {
        "ticket": loaded.head,
        "ticket_id": loaded.ticket.id,
        "version": str(loaded.version),
        "snooze_choices": snooze_choices(zone, at=loaded.at),
        "later_choices": later_choices(zone, at=loaded.at),
        "queue": request.args.get("queue", ""),
    }


def _newest_of_customer(ticket: Ticket, messages: Sequence[Message]) -> int:
    """What the customer said last; before all that is shown, where we said all of that."""
    shown = [message.id for message in messages if message.direction == Direction.IN]
    return max(shown) if shown else messaging_queries.newest_customer_message_id(ticket.conversation_id) or 0


def _others(ticket: Ticket, *, at: datetime) -> list[TicketLink]:
    tickets = page_queries.other_tickets_of(ticket.customer_identity_id, but=ticket.id, standing=current_standing())
    return other_tickets(tickets, zone=current_agent().time_zone, at=at)


def place_words(message: Message) -> str:
    """A message's place for an address: 1763890000000000.42."""
    return f"{sort_number(message.platform_time)}.{message.id}"


def place_from(words: str) -> Before | None:
    """None where it cannot be read: then the newest page is meant."""
    number, _, message_id = words.partition(".")
    if not (number.isdigit() and message_id.isdigit() and len(number) < 17 and len(message_id) < 19):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number)), int(message_id)
