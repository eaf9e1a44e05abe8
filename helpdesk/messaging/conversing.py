"""What members of the native network do in a conversation: write to one another, read, and be seen typing.

A message to a brand goes through tickets/native_intake.py, as everything that a network tells us does; what is
the same for both, the words, the files and the marks, is here.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels import registry
from helpdesk.channels.port import InboundPart, PartKind
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import native_queries, queries, reading
from helpdesk.messaging.inbound import move_last_message
from helpdesk.messaging.models import (
    Conversation,
    Direction,
    File,
    Message,
    Origin,
    Part,
    Participant,
    ReceiptKind,
)
from helpdesk.messaging.notices import tell_members, tell_typing
from helpdesk.orm import db

LIMITS = registry.capabilities("native")

TYPING_FOR = timedelta(seconds=6)
"""A page says every four seconds that somebody writes; what is older than this is over."""

Place = tuple[datetime, int]
"""(platform time, id) of a message: where it stands in its conversation."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a member submits. The same `key` twice is one message."""

    key: str
    parts: tuple[InboundPart, ...]


def draft_of(body: str, files: Sequence[File], *, key: str) -> Draft:
    """Words and stored files, ready to be said. Raises InvalidInput as `check` does."""
    check(body, files=len(files), key=key)
    text = clean_words(body)
    words = (InboundPart(kind=PartKind.TEXT, text=text),) if has_something_to_see(text) else ()
    return Draft(key=str(UUID(key)), parts=(*words, *map(_part_of, files)))


def check(body: str, *, files: int, key: str) -> None:
    """Asked before any file is stored.

    Raises InvalidInput, with words for the member, for what the network does not carry and for a key that is no UUID.
    """
    text = clean_words(body)
    if not has_something_to_see(text) and not files:
        raise InvalidInput("Write something first, or add a photo or a file.", field="body")
    if len(text) > LIMITS.text_max:
        raise InvalidInput(
            f"A message has at most {LIMITS.text_max:,} characters; this has {len(text):,}.", field="body"
        )
    if files > LIMITS.attachments_max:
        raise InvalidInput(
            f"A message carries at most {LIMITS.attachments_max} files; these are {files}.", field="files"
        )
    if not is_key(key):
        raise InvalidInput("This page is out of date. Reload it and send again.", field="key")


def is_key(key: str) -> bool:
    """Whether this is a composer's key, as a page of ours makes them."""
    try:
        return str(UUID(key)) == key
    except ValueError:
        return False


def clean_words(body: str) -> str:
    """Line ends made one kind, characters that no screen shows taken out; what other scripts need is kept."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def has_something_to_see(text: str) -> bool:
    """Whether there is more than spaces and characters without a shape, such as joiners and direction marks."""
    return any(unicodedata.category(c)[0] not in "CZ" for c in text)


def _part_of(file: File) -> InboundPart:
    return InboundPart(
        kind=PartKind.IMAGE if file.width else PartKind.FILE, file_id=file.id, mime=file.mime, name=file.name
    )


def conversation_key(*external_ids: str) -> str:
    """The key of the direct conversation between two accounts: the same whoever writes first."""
    return f"dm:{'-'.join(sorted(external_ids, key=_by_number))}"


def _by_number(external_id: str) -> tuple[str, int]:
    kind, _, number = external_id.partition(":")
    return kind, int(number)


# Between members


def write_to_member(draft: Draft, *, sender: "Speaker", recipient: "Speaker", at: datetime) -> Conversation:
    """Say it in the conversation of these two, which begins when there is none; no ticket is made of it."""
    if sender.identity_id == recipient.identity_id:
        raise NotFound("nobody writes to themselves")
    conversation = _lock_between(sender, recipient)
    version = queries.bump_versions([conversation.id])[conversation.id]
    message_id = _insert(draft, conversation.id, sender.identity_id, version, at=at)
    if message_id is not None:
        move_last_message([(conversation.id, message_id, at)])
    stopped_typing(conversation.id, sender.identity_id)
    tell_members(conversation.public_id, [sender.identity_id, recipient.identity_id])
    return conversation


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """A side of a conversation."""

    external_id: str
    identity_id: int


def _lock_between(sender: Speaker, recipient: Speaker) -> Conversation:
    """Two first messages at once make one conversation: the unique index decides."""
    key = conversation_key(sender.external_id, recipient.external_id)
    db.session.execute(
        insert(Conversation)
        .values(network="native", account_id=None, external_key=key)
        .on_conflict_do_nothing(index_elements=["account_id", "external_key"])
    )
    conversation_id = queries.lock_conversations(None, [key])[key]
    db.session.execute(
        insert(Participant).on_conflict_do_nothing(),
        [{"conversation_id": conversation_id, "identity_id": side.identity_id} for side in (sender, recipient)],
    )
    return queries.lock_conversation(conversation_id)


def _insert(draft: Draft, conversation_id: int, author_id: int, version: int, *, at: datetime) -> int | None:
    """The new message's id; None when this key was said before."""
    row = insert(Message).values(
        conversation_id=conversation_id,
        author_identity_id=author_id,
        direction=Direction.IN,
        origin=Origin.CUSTOMER,
        external_id=draft.key,
        platform_time=at,
        received_at=at,
        released_at=at,
        version=version,
    )
    message_id = db.session.scalars(
        row.on_conflict_do_nothing(
            index_elements=["conversation_id", "external_id"], index_where=Message.external_id.is_not(None)
        ).returning(Message.id)
    ).one_or_none()
    if message_id is not None:
        db.session.execute(insert(Part), [_part_row(message_id, n, part) for n, part in enumerate(draft.parts)])
    return message_id


def _part_row(message_id: int, position: int, part: InboundPart) -> dict[str, object]:
    return {
        "message_id": message_id,
        "position": position,
        "kind": part.kind,
        "text": part.text,
        "file_id": part.file_id,
        "details": {},
    }


# Reading and typing, in any conversation of the native network


def read(conversation_id: int, *, reader_id: int, up_to: Place | None = None, at: datetime) -> bool:
    """What was released there (up to a message that was on the screen) has been read; False when it was before.

    Deliveries of ours among it rise to `read`, and the other side's page is told.
    """
    unread_up_to = native_queries.newest_unread(conversation_id, reader_id, up_to=up_to)
    if unread_up_to is None:
        return False
    conversation = queries.lock_conversation(conversation_id)
    if reading.mark(conversation_id, reader_id, ReceiptKind.READ, up_to=unread_up_to, at=at):
        tell_members(conversation.public_id, _all_in(conversation_id))
    return True


def type_in(conversation: Conversation, *, identity_id: int, at: datetime) -> None:
    """Remember that this member writes, and show it to the others."""
    _set_typing(conversation.id, identity_id, at)
    others = [other for other in _all_in(conversation.id) if other != identity_id]
    tell_typing(conversation.public_id, others)


def stopped_typing(conversation_id: int, identity_id: int) -> None:
    _set_typing(conversation_id, identity_id, None)


def is_typing(participant: Participant, *, at: datetime) -> bool:
    return participant.typing_at is not None and participant.typing_at > at - TYPING_FOR


def _set_typing(conversation_id: int, identity_id: int, at: datetime | None) -> None:
    db.session.execute(
        update(Participant)
        .where(Participant.conversation_id == conversation_id, Participant.identity_id == identity_id)
        .values(typing_at=at)
        .execution_options(synchronize_session=False)
    )


def _all_in(conversation_id: int) -> list[int]:
    return [participant.identity_id for participant in queries.participants(conversation_id)]
