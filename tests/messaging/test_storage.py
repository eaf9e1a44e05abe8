import dataclasses
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import Settings
from helpdesk.messaging import storage
from helpdesk.messaging.sealing import UnreadableFile


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    """Settings of a house without files."""
    return Settings(
        database_url="postgresql+psycopg://unused",
        redis_url="redis://unused",
        secret_key="a secret of forty letters, for tests only",
        files_folder=tmp_path / "data" / "files",
    )


def files_in(house: Settings) -> list[Path]:
    return [path for path in house.files_folder.rglob("*") if path.is_file()]


def test_bytes_are_kept_and_found_by_their_key(house: Settings) -> None:
    kept = storage.keep([b"hello ", b"world"], house)

    assert (kept.size, kept.sha256) == (11, hashlib.sha256(b"hello world").hexdigest())
    assert storage.open_kept(kept.key, house).read() == b"hello world"


def test_the_key_says_nothing_of_the_content(house: Settings) -> None:
    assert storage.keep([b"same"], house).key != storage.keep([b"same"], house).key


def test_only_we_may_open_what_is_kept(house: Settings) -> None:
    umask = os.umask(0)
    try:
        key = storage.keep([b"private"], house).key
        storage.keep_preview(key, b"small", house)
    finally:
        os.umask(umask)

    modes = {
        path.is_dir(): path.stat().st_mode & 0o777 for path in [house.files_folder, *house.files_folder.rglob("*")]
    }
    assert modes == {True: 0o700, False: 0o600}


def test_the_disk_holds_no_plain_bytes(house: Settings) -> None:
    storage.keep([b"my telephone number is 4711"], house)

    (path,) = files_in(house)
    assert b"telephone" not in path.read_bytes()


def test_a_source_that_breaks_off_leaves_nothing(house: Settings) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 200_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.keep(broken(), house)

    assert files_in(house) == []


def test_a_preview_lies_beside_its_file_and_goes_with_it(house: Settings) -> None:
    key = storage.keep([b"large"], house).key
    storage.keep_preview(key, b"small", house)
    assert storage.open_preview(key, house).read() == b"small"

    storage.discard(key, house)

    assert files_in(house) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n"])
def test_a_key_is_never_a_path(house: Settings, key: str) -> None:
    with pytest.raises(UnreadableFile):
        storage.open_kept(key, house)


def test_bytes_that_are_gone_are_said_to_be(house: Settings) -> None:
    key = storage.keep([b"hello"], house).key
    storage.discard(key, house)

    with pytest.raises(UnreadableFile, match="gone"):
        storage.open_kept(key, house)


def test_another_secret_key_opens_nothing(house: Settings) -> None:
    key = storage.keep([b"hello"], house).key

    with pytest.raises(UnreadableFile, match="SECRET_KEY"):
        storage.open_kept(key, dataclasses.replace(house, secret_key="x" * 40)).read()
