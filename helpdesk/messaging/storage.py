"""Where the bytes of files lie: sealed, under random keys, in folders that only we may open.

Bytes come first and rows after: bytes under a temporary name are renamed when they are whole and on the disk. What
a crash leaves behind is bytes that no row names; they do no harm, and leftovers.py finds them.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from config import Settings
from helpdesk.messaging.sealing import SealedReader, UnreadableFile, seal

_KEY = re.compile(r"[0-9a-f]{32}")
_STORED = re.compile(r"([0-9a-f]{32})(\.preview)?")
_HALF_WRITTEN = re.compile(r"\.[0-9a-f]{32}(\.preview)?\.[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """`size` in bytes and `sha256` in hexadecimal digits are those of the bytes before they were sealed."""

    key: str
    size: int
    sha256: str


def keep(chunks: Iterable[bytes], settings: Settings) -> Kept:
    """Store what the chunks hold together under a new key; if they raise, nothing is left."""
    key = secrets.token_hex(16)
    counter = _Counter()
    _write(_path(key, settings), counter.counted(chunks), settings)
    return Kept(key=key, size=counter.size, sha256=counter.digest.hexdigest())


def keep_preview(key: str, content: bytes, settings: Settings) -> None:
    """Store a preview beside the file with this key."""
    _write(_preview_path(key, settings), [content], settings)


def open_kept(key: str, settings: Settings) -> SealedReader:
    """Raises UnreadableFile, as reading it does."""
    return _open(_path(key, settings), settings)


def open_preview(key: str, settings: Settings) -> SealedReader:
    """Raises UnreadableFile, as reading it does."""
    return _open(_preview_path(key, settings), settings)


def discard(key: str, settings: Settings) -> None:
    """Take away a file's bytes and its preview; nothing happens where there are none."""
    _path(key, settings).unlink(missing_ok=True)
    _preview_path(key, settings).unlink(missing_ok=True)


def is_kept(key: str, settings: Settings) -> bool:
    return _path(key, settings).is_file()


def stored_before(before: datetime, share: str, settings: Settings) -> set[str]:
    """Keys that begin with the two letters of `share` and have bytes, or a preview, from before that instant."""
    names = (_STORED.fullmatch(path.name) for path in _older(before, share, settings))
    return {name[1] for name in names if name is not None}


def discard_half_written(before: datetime, share: str, settings: Settings) -> None:
    """Take away what a crash cut off while it was written."""
    for path in _older(before, share, settings):
        if _HALF_WRITTEN.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _older(before: datetime, share: str, settings: Settings) -> Iterator[Path]:
    for path in (settings.files_folder / share).glob("??/*"):
        # It may be discarded while we look.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                yield path


class _Counter:
    """Size and digest of chunks that go by."""

    def __init__(self) -> None:
        self.size = 0
        self.digest = sha256()

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk


def _path(key: str, settings: Settings) -> Path:
    if not _KEY.fullmatch(key):
        raise UnreadableFile("This file is not stored.")
    return settings.files_folder / key[:2] / key[2:4] / key


def _preview_path(key: str, settings: Settings) -> Path:
    return _path(key, settings).with_suffix(".preview")


def _open(path: Path, settings: Settings) -> SealedReader:
    try:
        sealed = path.open("rb")
    except FileNotFoundError as error:
        raise UnreadableFile("The bytes of this file are gone.") from error
    try:
        return SealedReader(sealed, settings.secret_key)
    except BaseException:
        sealed.close()
        raise


def _write(path: Path, chunks: Iterable[bytes], settings: Settings) -> None:
    _make_folder(path.parent, settings)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for sealed in seal(chunks, settings.secret_key):
                file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _make_folder(folder: Path, settings: Settings) -> None:
    settings.files_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One by one: `parents=True` would give the folders between the usual, open mode.
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    # The row is committed after this: a name that a power cut takes back would leave it without bytes.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
