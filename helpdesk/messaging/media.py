"""Files of messages: taken from people who upload them, fetched from networks, kept sealed, given out again.

What a file is told to be is never believed: its bytes say. Bytes are stored before the row that names them, and taken
away when that is rolled back: a reply that is refused leaves no files.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import Protocol

from config import Settings
from helpdesk.channels.limits import max_bytes_for
from helpdesk.channels.port import Capabilities, ChannelError, FailureClass, OutboundFile, OutcomeUnknown, SendFailed
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import file_types, media_queries, pictures, queries, storage
from helpdesk.messaging.file_names import clean_name
from helpdesk.messaging.models import File
from helpdesk.messaging.pictures import Picture, TooManyPixels, UnreadablePicture
from helpdesk.messaging.sealing import SealedReader
from helpdesk.messaging.storage import Kept
from helpdesk.offloading import off_the_hub
from helpdesk.orm import db
from helpdesk.transaction import after_rollback

LEASE = timedelta(minutes=3)
"""Longer than the longest fetch; a worker that dies in one only delays it by this."""

MOST_TRIES = 8

_FIRST_BACKOFF_SECONDS = 60
_LONGEST_BACKOFF_SECONDS = 60 * 60
_PASSING = (FailureClass.TRANSIENT, FailureClass.THROTTLED)
_CHUNK = 64 * 1024
_MEGABYTE = 1024 * 1024


class FileState(StrEnum):
    STORED = "stored"
    WAITING = "waiting"
    FAILED = "failed"


class Readable(Protocol):
    """An upload: a parsed form's file, not a socket."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A file whose bytes are stored, before it has a row."""

    name: str
    mime: str
    kept: Kept
    picture: Picture | None


# What people upload


def store_upload(stream: Readable, *, name: str, settings: Settings, limits: Capabilities | None = None) -> File:
    """Store what a person uploads and add its row; `limits` are those of the network that it is to go to.

    Pictures are stored upright and without EXIF. Raises InvalidInput (field "files") in words for the person.
    """
    taken = off_the_hub(_take_upload, stream, clean_name(name), settings, limits)
    _discard_if_undone(taken, settings)
    file = File(state=FileState.STORED)
    _describe(file, taken)
    db.session.add(file)
    db.session.flush()
    return file


def _take_upload(stream: Readable, name: str, settings: Settings, limits: Capabilities | None) -> _Taken:
    head, rest = _begun(_chunks(stream, name, settings.max_upload_bytes))
    if not head:
        raise _refused(name, "this file is empty.")
    mime = file_types.true_type(head, name)
    if file_types.is_lie(mime, name):
        raise _refused(name, "this file is not what its name says. Save it again in the right format.")
    largest = _largest(mime, name, settings, limits)
    if mime in file_types.PICTURES:
        picture = _clean_picture(head + b"".join(rest), mime, name)
        _check_size(len(picture.content), name, largest)
        return _store_picture(picture, name, mime, settings)
    kept = storage.keep(_at_most(chain([head], rest), name, largest), settings)
    return _Taken(name=file_types.named_truly(name, mime), mime=mime, kept=kept, picture=None)


def _chunks(stream: Readable, name: str, largest: int) -> Iterator[bytes]:
    def read() -> Iterator[bytes]:
        while chunk := stream.read(_CHUNK):
            yield chunk

    return _at_most(read(), name, largest)


def _at_most(chunks: Iterable[bytes], name: str, largest: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        _check_size(size, name, largest)
        yield chunk


def _begun(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Enough bytes to know the type (or all there are), and the chunks after them."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= file_types.HEAD:
            break
    return head, chunks


def _clean_picture(content: bytes, mime: str, name: str) -> Picture:
    try:
        return pictures.without_traces(content, mime)
    except UnreadablePicture as error:
        raise _refused(name, "this picture is damaged and cannot be read.") from error
    except TooManyPixels as error:
        most = pictures.MOST_PIXELS // 1_000_000
        raise _refused(name, f"this picture has too many pixels; up to {most} million go.") from error


def _largest(mime: str, name: str, settings: Settings, limits: Capabilities | None) -> int:
    """Bytes that go; what the network does not carry at all is refused."""
    if limits is None:
        return settings.max_upload_bytes
    largest = max_bytes_for(mime, limits)
    if largest == 0:
        raise _refused(name, "this channel does not carry files of this type.")
    return min(largest, settings.max_upload_bytes)


def _check_size(size: int, name: str, largest: int) -> None:
    if size > largest:
        raise _refused(name, f"this file is too large; up to {_size_in_words(largest)} go.")


def _size_in_words(size: int) -> str:
    if size >= _MEGABYTE:
        return f"{size / _MEGABYTE:.4g} MB"
    return f"{size / 1024:.3g} kB" if size >= 1024 else f"{size} bytes"


def _refused(name: str, words: str) -> InvalidInput:
    return InvalidInput(f"{name}: {words}", field="files")


# What networks hold for us


def claim_waiting(account_id: int, *, at: datetime) -> tuple[int, str] | None:
    """(file id, source address) of one medium that is due for a try; the caller commits before it fetches.

    A claim is a lease: the file is due again after LEASE if nobody says what became of it.
    """
    while (file := media_queries.lock_waiting_media(account_id, at=at)) is not None:
        if file.attempts < MOST_TRIES:
            file.attempts += 1
            file.next_attempt_at = at + LEASE
            return file.id, file.source_url
        # Every try ended without a word: whatever it is, it takes the worker down with it.
        _give_up(file, "The worker stopped at every try to fetch it.")
        db.session.flush()
        _show_change(file.id)
    return None


def note_fetch_failed(file_id: int, error: ChannelError, *, at: datetime) -> list[int]:
    """Try again later what may pass, give up the rest. Ids of the conversations that show the file."""
    file, conversation_ids = _lock_waiting(file_id)
    if file is None:
        return []
    reason = error.reason if isinstance(error, SendFailed) else str(error)
    if _may_pass(error) and file.attempts < MOST_TRIES:
        file.last_error = reason[:500]
        file.next_attempt_at = _next_attempt(file.attempts, error, at=at)
    else:
        _give_up(file, reason)
    _show_change(file_id)
    return conversation_ids


def keep_fetched(file_id: int, fetched: OutboundFile, settings: Settings) -> list[int]:
    """Store a medium that came, untouched. Ids of the conversations that show it."""
    taken = off_the_hub(_take_fetched, fetched, settings) if fetched.content else None
    if taken is not None:
        _discard_if_undone(taken, settings)
    file, conversation_ids = _lock_waiting(file_id)
    if file is None:
        # Another worker was faster, after our lease had run out.
        if taken is not None:
            storage.discard(taken.kept.key, settings)
        return []
    if taken is None:
        _give_up(file, "The network sent an empty file.")
    else:
        file.state, file.next_attempt_at, file.last_error = FileState.STORED, None, ""
        _describe(file, taken)
    _show_change(file_id)
    return conversation_ids


def _take_fetched(fetched: OutboundFile, settings: Settings) -> _Taken:
    name = clean_name(fetched.name)
    mime = file_types.true_type(fetched.content[: file_types.HEAD], name)
    if mime in file_types.PICTURES:
        try:
            return _store_picture(pictures.as_it_is(fetched.content, mime), name, mime, settings)
        except (UnreadablePicture, TooManyPixels):
            # It was sent to us, so it is kept; but only for download.
            mime = file_types.UNKNOWN
    kept = storage.keep([fetched.content], settings)
    return _Taken(name=file_types.named_truly(name, mime), mime=mime, kept=kept, picture=None)


def _may_pass(error: ChannelError) -> bool:
    if isinstance(error, SendFailed):
        return error.failure in _PASSING
    # Fetching twice does no harm, so not to know how it ended is a reason to try again.
    return isinstance(error, OutcomeUnknown)


def _next_attempt(attempts: int, error: ChannelError, *, at: datetime) -> datetime:
    """Doubling pauses, each by chance between half and all of itself; never before the network wants us again."""
    longest = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** max(attempts - 1, 0))
    pause = timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - spreads retries, no secret
    retry_at = error.retry_at if isinstance(error, SendFailed) else None
    return max(at + pause, retry_at) if retry_at is not None else at + pause


def _give_up(file: File, reason: str) -> None:
    file.state, file.next_attempt_at, file.last_error = FileState.FAILED, None, reason[:500]


def _lock_waiting(file_id: int) -> tuple[File | None, list[int]]:
    """The file if it still waits, and the conversations that show it; those are locked first, as everywhere."""
    conversation_ids = media_queries.conversations_showing(file_id)
    queries.lock_conversations_by_id(conversation_ids)
    file = media_queries.lock_file(file_id)
    return (file if file.state == FileState.WAITING else None), conversation_ids


def _show_change(file_id: int) -> None:
    """Give the messages that show the file their conversation's next version."""
    messages = media_queries.messages_showing(file_id)
    versions = queries.bump_versions(sorted({message.conversation_id for message in messages}))
    for message in messages:
        message.version = versions[message.conversation_id]


# What is stored


def _store_picture(picture: Picture, name: str, mime: str, settings: Settings) -> _Taken:
    kept = storage.keep([picture.content], settings)
    storage.keep_preview(kept.key, picture.preview, settings)
    return _Taken(name=file_types.named_truly(name, mime), mime=mime, kept=kept, picture=picture)


def _discard_if_undone(taken: _Taken, settings: Settings) -> None:
    key = taken.kept.key
    after_rollback(("discard", key), partial(storage.discard, key, settings))


def _describe(file: File, taken: _Taken) -> None:
    file.name, file.mime = taken.name, taken.mime
    file.storage_key, file.size, file.sha256 = taken.kept.key, taken.kept.size, taken.kept.sha256
    if taken.picture is not None:
        file.width, file.height, file.has_preview = taken.picture.width, taken.picture.height, True


def read(storage_key: str, settings: Settings) -> bytes:
    """All of a stored file's bytes. Raises UnreadableFile."""
    with storage.open_kept(storage_key, settings) as opened:
        return opened.read()


def open_stored(file: File, settings: Settings, *, preview: bool) -> tuple[SealedReader, str]:
    """A stored file, or its preview, to send to a browser: seekable, with its `size`; and the MIME type to send.

    What is not inline is application/octet-stream, to be sent as an attachment.
    Raises NotFound where there is no such thing yet, UnreadableFile if its bytes are lost.
    """
    if file.state != FileState.STORED or (preview and not file.has_preview):
        raise NotFound("no such file")
    if preview:
        return storage.open_preview(file.storage_key, settings), pictures.PREVIEW_TYPE
    mime = file.mime if is_inline(file.mime) else file_types.UNKNOWN
    return storage.open_kept(file.storage_key, settings), mime


def is_inline(mime: str) -> bool:
    """Whether a browser may show this inside our pages."""
    return mime in file_types.INLINE
