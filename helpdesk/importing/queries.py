"""The SELECTs of imports, and of what is there already of the conversations that they bring."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select, text, tuple_

from helpdesk.arrays import any_of
from helpdesk.channels.registry import IMPORTED
from helpdesk.errors import NotFound
from helpdesk.importing.models import HistoryImport, HistoryLine, HistoryRefusal
from helpdesk.messaging.models import ChannelAccount, Identity, Message, Origin, Part
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.tickets.models import Note, Tag, Ticket, TicketTag, TimelineEvent

WRITTEN_BY_IMPORT = ("opened", "replied", "reopened", "resolved")
"""Kinds of timeline events; any other was caused by a person."""


def find_import(import_id: int) -> HistoryImport:
    """Raises NotFound."""
    found = db.session.get(HistoryImport, import_id)
    if found is None:
        raise NotFound(f"there is no import {import_id}")
    return found


def unfinished_import(fingerprint: str) -> HistoryImport | None:
    return db.session.scalars(
        select(HistoryImport)
        .where(HistoryImport.fingerprint == fingerprint, HistoryImport.finished_at.is_(None))
        .order_by(HistoryImport.id.desc())
        .limit(1)
    ).one_or_none()


def imports_of_brands(brand_ids: Collection[int], *, limit: int = 20) -> Sequence[HistoryImport]:
    """Uploads for these brands, the newest first."""
    found = select(HistoryImport).where(HistoryImport.brand_id.in_(brand_ids)).order_by(HistoryImport.id.desc())
    return db.session.scalars(found.limit(limit)).all()


def uploads_waiting() -> Sequence[int]:
    """Imports whose file still lies here, the oldest first."""
    return db.session.scalars(
        select(HistoryImport.id).where(HistoryImport.upload_key != "").order_by(HistoryImport.id)
    ).all()


def lock_import(import_id: int) -> HistoryImport:
    return db.session.scalars(
        select(HistoryImport)
        .where(HistoryImport.id == import_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def refusals(import_id: int, *, limit: int | None = None) -> Sequence[HistoryRefusal]:
    """In the order of the file."""
    found = select(HistoryRefusal).where(HistoryRefusal.import_id == import_id).order_by(HistoryRefusal.line)
    return db.session.scalars(found.limit(limit)).all()


def count_kept_refusals(import_id: int) -> int:
    found = select(func.count()).select_from(HistoryRefusal).where(HistoryRefusal.import_id == import_id)
    return db.session.scalars(found).one()


@contextmanager
def lines_by_conversation(import_id: int, *, after: str | None) -> Iterator[Iterable[Row[str, int, bytes]]]:
    """(key, line, record) by conversation and time, through a connection of its own: writing goes on beside it."""
    found = (
        select(HistoryLine.key, HistoryLine.line, HistoryLine.record)
        .where(HistoryLine.import_id == import_id)
        .order_by(HistoryLine.key, HistoryLine.at, HistoryLine.line)
    )
    if after is not None:
        found = found.where(HistoryLine.key > after)
    with db.engine.connect() as connection:
        # Sorting a file's lines takes as long as it takes.
        connection.execute(text("set local statement_timeout = 0"))
        with closing(connection.execution_options(yield_per=2_000).execute(found)) as lines:
            yield lines


def agents_by_name() -> dict[str, int]:
    """E-mail address, and name where only one has it, each in lower case → agent."""
    agents = db.session.execute(select(Agent.id, func.lower(Agent.email), func.lower(Agent.name))).all()
    bearers = Counter(name for _, _, name in agents)
    return {name: i for i, _, name in agents if bearers[name] == 1} | {email: i for i, email, _ in agents}


def imported_accounts(brand_ids: Collection[int]) -> dict[tuple[int, str], ChannelAccount]:
    """(brand, channel) → the account that holds what was imported of it."""
    found = select(ChannelAccount).where(ChannelAccount.network == IMPORTED, ChannelAccount.brand_id.in_(brand_ids))
    return {(account.brand_id, account.handle): account for account in db.session.scalars(found)}


@dataclass(frozen=True, kw_only=True)
class KnownMessage:
    """A message that an earlier import brought."""

    id: int
    conversation_id: int
    external_id: str
    at: datetime
    direction: str
    is_automatic: bool
    text: str
    author: str
    customer_identity_id: int


def known_messages(conversation_ids: Collection[int]) -> list[KnownMessage]:
    found = (
        select(
            Message.id,
            Message.conversation_id,
            Message.external_id,
            Message.platform_time.label("at"),
            Message.direction,
            (Message.origin == Origin.DESK_AUTOMATION).label("is_automatic"),
            func.coalesce(Part.text, "").label("text"),
            func.coalesce(func.lower(Agent.email), Part.details["author"].astext, "").label("author"),
            Identity.id.label("customer_identity_id"),
        )
        .join(Identity, Identity.id == Message.author_identity_id)
        .outerjoin(Part, (Part.message_id == Message.id) & (Part.position == 0))
        .outerjoin(Agent, Agent.id == Message.author_agent_id)
        .where(any_of(Message.conversation_id, conversation_ids))
        .order_by(Message.conversation_id, Message.platform_time, Message.id)
    )
    return [KnownMessage(**row._mapping) for row in db.session.execute(found)]


@dataclass(frozen=True, kw_only=True)
class KnownTicket:
    """A ticket that an earlier import brought. `is_touched`: people have worked on it since."""

    id: int
    conversation_id: int
    opened_at: datetime
    team: str
    priority: int
    is_touched: bool


def known_tickets(conversation_ids: Collection[int]) -> list[KnownTicket]:
    by_hand = select(TimelineEvent.id).where(
        TimelineEvent.ticket_id == Ticket.id, TimelineEvent.kind.not_in(WRITTEN_BY_IMPORT)
    )
    noted = select(Note.id).where(Note.ticket_id == Ticket.id)
    found = (
        select(
            Ticket.id,
            Ticket.conversation_id,
            Ticket.opened_at,
            Team.name.label("team"),
            Ticket.priority,
            (by_hand.exists() | noted.exists()).label("is_touched"),
        )
        .join(Team, Team.id == Ticket.team_id)
        .where(any_of(Ticket.conversation_id, conversation_ids))
        .order_by(Ticket.conversation_id, Ticket.opened_at, Ticket.id)
    )
    return [KnownTicket(**row._mapping) for row in db.session.execute(found)]


def known_tags(ticket_ids: Collection[int]) -> list[tuple[int, str]]:
    found = (
        select(TicketTag.ticket_id, Tag.name)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(any_of(TicketTag.ticket_id, ticket_ids))
        .order_by(TicketTag.ticket_id, Tag.name)
    )
    return [(row.ticket_id, row.name) for row in db.session.execute(found)]


def known_resolves(ticket_ids: Collection[int]) -> list[tuple[int, datetime, str]]:
    """(ticket, when, by whom)."""
    found = (
        select(
            TimelineEvent.ticket_id,
            TimelineEvent.at,
            func.coalesce(func.lower(Agent.email), TimelineEvent.details["author"].astext, "").label("author"),
        )
        .outerjoin(Agent, Agent.id == TimelineEvent.agent_id)
        .where(any_of(TimelineEvent.ticket_id, ticket_ids), TimelineEvent.kind == "resolved")
        .order_by(TimelineEvent.id)
    )
    return [(row.ticket_id, row.at, row.author) for row in db.session.execute(found)]


def tag_ids(names: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """(brand, name) → tag."""
    found = select(Tag.brand_id, Tag.name, Tag.id).where(tuple_(Tag.brand_id, Tag.name).in_(names))
    return {(row.brand_id, row.name): row.id for row in db.session.execute(found)}
