"""What happens when a history file is imported, from top to bottom.

Every line is read into the database, understood or refused → conversation by conversation, what was said is put into
the order of its time → messages, tickets and clocks are written. Each step commits in batches and notes how far it
came, so that an import that was broken off goes on where it stopped, and one that is run twice changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from pathlib import Path

import msgspec
from sqlalchemy import Row, delete, text

from helpdesk.channels.registry import IMPORTED
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.importing import queries
from helpdesk.importing.conversations import Told, Written
from helpdesk.importing.files import HistoryFile
from helpdesk.importing.models import HistoryImport, HistoryLine
from helpdesk.importing.reading import place_of, read_lines, refuse
from helpdesk.importing.records import Reading, Record
from helpdesk.importing.ticket_rows import Surroundings
from helpdesk.importing.writing import write_conversations
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.connecting import add_channel_account
from helpdesk.messaging.models import ChannelAccount
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Brand, Team
from helpdesk.sla import policies
from helpdesk.transaction import transaction

MESSAGES_AT_ONCE = 4_000
"""A batch is written when it holds as many; a conversation is never parted."""

Progress = Callable[[str, int, int], object]
"""Told ("reading" or "writing", done, in all) after every batch: bytes of the file, then lines."""

_FILLED = ("identity", "contact", "conversation", "message", "part", "ticket", "ticket_message", "clock")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a file is to be understood: for whom, where it says nothing itself.

    Brands are named by id: `brand_ids` may be named in it, `brand_id` is meant where a line names none; `zone` is meant
    where a time has no offset.
    """

    brand_ids: Sequence[int]
    brand_id: int | None = None
    zone: tzinfo | None = None
    keeps_entities: bool = False


def import_history(
    path: Path, wish: Wish, *, by: Agent | None, at: datetime, secret_key: str, progress: Progress
) -> HistoryImport:
    """Import a file, in transactions of its own. Raises InvalidInput for one that is no history file at all."""
    file = HistoryFile(path)
    with transaction():
        run_id = _begin(file, wish, by=by, at=at)
    go_on(run_id, file, wish, at=at, secret_key=secret_key, progress=progress)
    with transaction():
        run = queries.find_import(run_id)
        db.session.expunge(run)
    return run


def go_on(run_id: int, file: HistoryFile, wish: Wish, *, at: datetime, secret_key: str, progress: Progress) -> None:
    """From where this import stopped to its end. What `progress` raises breaks it off, between two batches."""
    with transaction():
        reading = _reading(wish, at=at)
    read_lines(run_id, file, reading, progress=lambda done, total: progress("reading", done, total))
    _write(run_id, wish, at=at, secret_key=secret_key, progress=progress)


def _reading(wish: Wish, *, at: datetime) -> Reading:
    brands = _brands(wish)
    if not brands:
        raise InvalidInput("there is no brand yet; add one first")
    teams: dict[int, set[str]] = {brand_id: set() for brand_id in brands}
    for team in people_queries.teams_of_brands(list(brands)):
        teams[team.brand_id].add(team.name)
    meant = wish.brand_id if len(brands) > 1 else next(iter(brands))
    return Reading(
        brands={brand.handle: frozenset(teams[brand.id]) for brand in brands.values()},
        brand=brands[meant].handle if meant is not None else None,
        zone=wish.zone,
        now=at,
        keeps_entities=wish.keeps_entities,
    )


def _brands(wish: Wish) -> dict[int, Brand]:
    return {brand_id: db.session.get_one(Brand, brand_id) for brand_id in wish.brand_ids}


def _begin(file: HistoryFile, wish: Wish, *, by: Agent | None, at: datetime) -> int:
    """The import of this file that was broken off, or a new one."""
    fingerprint = _fingerprint(file, wish)
    run = queries.unfinished_import(fingerprint)
    if run is None:
        run = HistoryImport(
            file_name=file.path.name[:200],
            fingerprint=fingerprint,
            size=file.size,
            started_at=at,
            started_by_agent_id=by.id if by else None,
        )
        db.session.add(run)
        db.session.flush()
    return run.id


def _fingerprint(file: HistoryFile, wish: Wish) -> str:
    """Of its size, both its ends, and the wish: reading all of a large file twice would take too long."""
    ends = 1024 * 1024
    digest = hashlib.sha256(f"{file.size} {wish.brand_id} {wish.zone} {wish.keeps_entities}".encode())
    with file.path.open("rb") as opened:
        digest.update(opened.read(ends))
        opened.seek(max(file.size - ends, 0))
        digest.update(opened.read(ends))
    return digest.hexdigest()


def _write(run_id: int, wish: Wish, *, at: datetime, secret_key: str, progress: Progress) -> None:
    with transaction():
        run = queries.find_import(run_id)
        after, total = run.written_up_to, run.lines - run.refused
    done = 0
    with queries.lines_by_conversation(run_id, after=after) as lines:
        for batch in _batches(lines):
            with transaction():
                run = queries.lock_import(run_id)
                if run.written_up_to != after:
                    raise Conflict("this file is being imported already, by another process")
                around = _surroundings(wish, at=at)
                accounts = _accounts(batch, around, secret_key=secret_key)
                _note(run, write_conversations([told for _, told in batch], accounts, around))
                run.written_up_to = after = batch[-1][0]
            done += sum(len(told.lines) for _, told in batch)
            progress("writing", done, total)
    with transaction():
        db.session.execute(text("set local statement_timeout = 0"))
        run = queries.lock_import(run_id)
        forget_lines(run_id)
        run.finished_at = run.finished_at or at
        # So many new rows at once: a plan made for what was there before would be a bad one.
        for table in _FILLED:
            db.session.execute(text(f"ANALYZE {table}"))


def forget_lines(run_id: int) -> None:
    """They have been written, or never will be."""
    db.session.execute(delete(HistoryLine).where(HistoryLine.import_id == run_id))


def _batches(lines: Iterable[Row[str, int, bytes]]) -> Iterator[list[tuple[str, Told]]]:
    """Conversations with their keys, a few thousand messages at a time."""
    unpack = msgspec.msgpack.Decoder(Record).decode
    batch: list[tuple[str, Told]] = []
    size = 0
    for key, rows in groupby(lines, key=lambda row: row.key):
        told = Told(place=place_of(key), lines=[(row.line, unpack(row.record)) for row in rows])
        batch.append((key, told))
        size += len(told.lines)
        if size >= MESSAGES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _surroundings(wish: Wish, *, at: datetime) -> Surroundings:
    brands = _brands(wish)
    return Surroundings(
        brands={brand.handle: brand for brand in brands.values()},
        teams={(team.brand_id, team.name): team.id for team in people_queries.teams_of_brands(list(brands))},
        book=policies.book_of(list(brands), at=at),
        people=queries.agents_by_name(),
        now=at,
    )


def _accounts(
    batch: Sequence[tuple[str, Told]], around: Surroundings, *, secret_key: str
) -> dict[tuple[str, str], ChannelAccount]:
    """An account of each brand for each channel that the file names; nothing is ever sent over it."""
    known = queries.imported_accounts([brand.id for brand in around.brands.values()])
    accounts: dict[tuple[str, str], ChannelAccount] = {}
    for handle, channel in dict.fromkeys((told.place.brand, told.place.channel) for _, told in batch):
        brand = around.brands[handle]
        accounts[handle, channel] = known.get((brand.id, channel)) or add_channel_account(
            brand,
            network=IMPORTED,
            external_id=f"{brand.id}:{channel}",
            handle=channel,
            team=_usual_team(brand),
            credentials={},
            secret_key=secret_key,
        )
    return accounts


def _usual_team(brand: Brand) -> Team:
    """The one that its first channel names, or that was there first."""
    teams = {team.id: team for team in people_queries.teams_of_brands([brand.id])}
    if not teams:
        raise InvalidInput(f"{brand.handle} has no team yet; add one first")
    named = (account.team_id for account in messaging_queries.channel_accounts() if account.brand_id == brand.id)
    return teams[next(named, min(teams))]


def _note(run: HistoryImport, written: Written) -> None:
    run.messages += written.messages
    run.known += written.known
    run.tickets += written.tickets
    run.conversations += written.conversations
    refuse(run, written.refused)
