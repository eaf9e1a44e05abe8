"""What came to nothing is taken away after a day, and nothing else is."""

import dataclasses
import io
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import Settings
from helpdesk.messaging import leftovers, media, queries, storage
from helpdesk.messaging.models import File
from helpdesk.orm import db
from helpdesk.tickets.submitting import Then, submit_reply
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket
from worker import periodic

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with files of this test's own."""
    return dataclasses.replace(settings, files_folder=tmp_path / "files")


@pytest.fixture
def a_shown_file(cast: Cast, house: Settings, at: datetime) -> File:
    """A file of a reply, stored two days ago: what the table and the folder have in common."""
    file = a_reply_with_a_file(cast, house, key="shown", at=at)
    age(2 * DAY, house)
    return file


def a_reply_with_a_file(cast: Cast, house: Settings, *, key: str, at: datetime) -> File:
    hear(cast.x, dana_says("My order never came", at=at))
    return submit(cast, upload(house), key=key, at=at)


def submit(cast: Cast, file: File, *, key: str, at: datetime) -> File:
    with transaction():
        ticket = newest_ticket()
        seen = 2**62
        submit_reply(ticket, "", files=[file], key=key, seen_message_id=seen, then=Then.NOTHING, by=cast.amal, at=at)
    return file


def upload(house: Settings) -> File:
    return media.store_upload(io.BytesIO(b"hello"), name="notes.txt", settings=house)


def paths(house: Settings) -> Iterator[Path]:
    return (path for path in house.files_folder.rglob("*") if path.is_file())


def age(by: timedelta, house: Settings) -> None:
    """Make all files and their rows older."""
    then = time.time() - by.total_seconds()
    for path in paths(house):
        os.utime(path, (then, then))
    db.session.execute(update(File).values(created_at=File.created_at - by))
    db.session.commit()


def sweep(house: Settings) -> None:
    """All shares, as they come in the course of a day."""
    at = queries.database_time()
    for number in range(leftovers.SHARES):
        with transaction():
            leftovers.delete_unshown(f"{number:02x}", house, at=at)
        leftovers.discard_unnamed(f"{number:02x}", house, at=at)


def keys_in(house: Settings) -> set[str]:
    return {path.name for path in paths(house)}


def test_bytes_that_a_crash_left_without_a_row_are_taken_away(a_shown_file: File, house: Settings) -> None:
    crashed = storage.keep([b"hello"], house).key
    storage.keep_preview(crashed, b"small", house)
    storage.keep_preview("0" * 32, b"a preview alone", house)
    age(DAY + HOUR, house)

    sweep(house)

    assert keys_in(house) == {a_shown_file.storage_key}


def test_half_written_bytes_are_taken_away(a_shown_file: File, house: Settings) -> None:
    folder = (house.files_folder / "ab" / "cd").resolve()
    folder.mkdir(parents=True)
    for name in (f".{'abcd' * 8}.0123abcd", f".{'abcd' * 8}.preview.0123abcd"):
        (folder / name).write_bytes(b"half")
    age(DAY + HOUR, house)

    sweep(house)

    assert keys_in(house) == {a_shown_file.storage_key}


def test_a_submit_that_came_twice_leaves_its_second_upload_for_a_day_only(
    cast: Cast, a_shown_file: File, house: Settings, at: datetime
) -> None:
    second = submit(cast, upload(house), key="shown", at=at)
    second_key = second.storage_key

    sweep(house)
    assert keys_in(house) == {a_shown_file.storage_key, second_key}

    age(DAY + HOUR, house)
    sweep(house)
    assert keys_in(house) == {a_shown_file.storage_key}
    assert db.session.scalars(select(File)).all() == [a_shown_file]


def test_what_may_still_be_on_its_way_is_left_alone(a_shown_file: File, house: Settings) -> None:
    on_its_way = storage.keep([b"hello"], house).key

    sweep(house)

    assert keys_in(house) == {a_shown_file.storage_key, on_its_way}


def test_what_is_not_ours_is_left_alone(a_shown_file: File, house: Settings) -> None:
    folder = house.files_folder / "ab" / "cd"
    folder.mkdir(parents=True)
    (folder / "README.txt").write_text("of somebody else")
    age(DAY + HOUR, house)

    sweep(house)

    assert keys_in(house) == {a_shown_file.storage_key, "README.txt"}


def test_files_of_another_database_are_left_alone(a_shown_file: File, house: Settings, tmp_path: Path) -> None:
    others = dataclasses.replace(house, files_folder=tmp_path / "others")
    theirs = storage.keep([b"hello"], others).key
    age(DAY + HOUR, others)

    sweep(others)

    assert keys_in(others) == {theirs}


def test_the_schedule_comes_to_every_share_within_a_day(at: datetime) -> None:
    shares = {leftovers.share_of(at + timedelta(minutes=5) * n) for n in range(24 * 60 // 5)}

    assert len(shares) == leftovers.SHARES


def test_the_share_that_is_due_is_swept_by_schedule(
    app: Flask, a_shown_file: File, house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = leftovers.share_of(queries.database_time())
    monkeypatch.setattr(leftovers, "share_of", lambda _: share)
    crashed = share + "0" * 30
    storage.keep_preview(crashed, b"small", house)
    age(DAY + HOUR, house)
    monkeypatch.setitem(app.config, "SETTINGS", house)

    periodic.sweep_files()

    assert keys_in(house) == {a_shown_file.storage_key}
