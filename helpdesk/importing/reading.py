"""The first half of an import: every line of the file into the database, understood or refused."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice

import msgspec
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from helpdesk.copying import copy_in
from helpdesk.errors import Conflict
from helpdesk.importing import queries
from helpdesk.importing.files import HistoryFile, Read
from helpdesk.importing.models import HistoryImport, HistoryLine, HistoryRefusal
from helpdesk.importing.records import Place, Reading, Unusable, understand
from helpdesk.orm import db
from helpdesk.transaction import transaction

LINES_AT_ONCE = 5_000
REFUSALS_KEPT = 10_000


def read_lines(import_id: int, file: HistoryFile, reading: Reading, *, progress: Callable[[int, int], object]) -> None:
    """Read on from where this import stopped. `progress` is told bytes done and in all, after every batch."""
    with transaction():
        begun = queries.find_import(import_id)
        if begun.is_read:
            return
        lines = file.read(line=begun.next_line, byte=begun.next_byte)
    while batch := list(islice(lines, LINES_AT_ONCE)):
        with transaction():
            _keep(_in_turn(import_id, batch[0]), batch, reading, is_csv=file.is_csv)
        progress(batch[-1].place.next_byte, file.size)
    with transaction():
        queries.lock_import(import_id).is_read = True


def key_of(place: Place) -> str:
    return msgspec.json.encode((place.brand, place.channel, place.conversation)).decode()


def place_of(key: str) -> Place:
    brand, channel, conversation = msgspec.json.decode(key, type=tuple[str, str, str])
    return Place(brand=brand, channel=channel, conversation=conversation)


def refuse(run: HistoryImport, refused: list[tuple[int, str, str]]) -> None:
    """Count these lines, (line, reason, excerpt), and keep the first ones."""
    if not refused:
        return
    run.refused += len(refused)
    left = REFUSALS_KEPT - queries.count_kept_refusals(run.id)
    rows = [
        {"import_id": run.id, "line": line, "reason": reason, "excerpt": excerpt}
        for line, reason, excerpt in refused[: max(left, 0)]
    ]
    if rows:
        db.session.execute(insert(HistoryRefusal).on_conflict_do_nothing(), rows)


def _in_turn(import_id: int, first: Read) -> HistoryImport:
    """The import, locked. Raises Conflict when somebody else has read on meanwhile."""
    run = queries.lock_import(import_id)
    if run.next_line > first.place.line or run.is_read:
        raise Conflict("this file is being imported already, by another process")
    return run


def _keep(run: HistoryImport, batch: list[Read], reading: Reading, *, is_csv: bool) -> None:
    rows: list[tuple[int, int, str, datetime, bytes]] = []
    refused: list[tuple[int, str, str]] = []
    pack = msgspec.msgpack.Encoder().encode
    for read in batch:
        line = read.place.line
        try:
            if read.fields is None:
                raise Unusable(read.reason)
            place, record = understand(read.fields, reading, is_text=is_csv)
        except Unusable as error:
            refused.append((line, str(error), read.excerpt or _excerpt(read)))
        else:
            rows.append((run.id, line, key_of(place), record.at, pack(record)))
    copy_in(HistoryLine, ("import_id", "line", "key", "at", "record"), rows)
    refuse(run, refused)
    run.lines += len(batch)
    run.next_line, run.next_byte = batch[-1].place.next_line, batch[-1].place.next_byte
    times = [row[3] for row in rows]
    if times:
        run.first_at = func.least(HistoryImport.first_at, min(times))
        run.last_at = func.greatest(HistoryImport.last_at, max(times))


def _excerpt(read: Read) -> str:
    written = msgspec.json.encode(read.fields).decode(errors="replace")
    return written[:120].replace("\\u0000", "")
