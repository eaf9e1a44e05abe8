"""What happens to a message after it was said: reactions, edits, deletions.

Networks tell of them in any order and repeat themselves; whatever the order, the message ends the same. The later
one wins by the network's time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_
from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.port import InboundEdit, InboundReaction, PartKind
from helpdesk.messaging import queries
from helpdesk.messaging.models import Deletion, Edit, Message, Part, Reaction
from helpdesk.orm import db


def react(message: Message, reaction: InboundReaction, *, identity_id: int, at: datetime) -> bool:
    """Put or take back an emoji; False when a later word on it, or the same, is known."""
    statement = insert(Reaction).values(
        message_id=message.id, identity_id=identity_id, emoji=reaction.emoji, is_active=reaction.is_active, at=at
    )
    given = statement.excluded
    # Of two at the same instant the one that takes back wins, whichever came first.
    is_later = or_(Reaction.at < given.at, and_(Reaction.at == given.at, Reaction.is_active, ~given.is_active))
    changed = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["message_id", "identity_id", "emoji"],
            set_={"is_active": given.is_active, "at": given.at},
            where=is_later,
        ).returning(Reaction.message_id)
    )
    return changed.one_or_none() is not None


def delete_for_everyone(message: Message, *, identity_id: int, at: datetime) -> bool:
    """A tombstone; False when there was one."""
    statement = insert(Deletion).values(message_id=message.id, identity_id=identity_id, scope="everyone", at=at)
    made = db.session.execute(statement.on_conflict_do_nothing().returning(Deletion.message_id))
    return made.one_or_none() is not None


def edit(message: Message, change: InboundEdit, *, identity_id: int, at: datetime) -> bool:
    """Other words, with the earlier ones kept; an edit that comes late takes its place among them. False: known."""
    text = change.text.replace("\x00", "")
    edits = queries.edits_of(message.id)
    words_now = _words(queries.parts_of(message.id))
    versions = _versions(edits, words_now)
    if any(version == (at, text) for version in versions):
        return False
    original = edits[0].parts_before["text"] if edits else words_now
    versions = sorted([*versions, (at, text)])
    _write_history(message, original, versions, identity_id=identity_id)
    if versions[-1][1] != words_now:
        _write_words(message, versions[-1][1])
    return True


def _versions(edits: Sequence[Edit], words_now: str) -> list[tuple[datetime, str]]:
    """(when, the words from then on) of each edit: what one replaced is what the one before it wrote."""
    after = [*(one.parts_before["text"] for one in edits[1:]), words_now]
    return [(one.at, words) for one, words in zip(edits, after, strict=True)] if edits else []


def _write_history(
    message: Message, original: str, versions: Sequence[tuple[datetime, str]], *, identity_id: int
) -> None:
    before = [original, *(words for _, words in versions[:-1])]
    rows = [
        {
            "message_id": message.id,
            "number": number,
            "parts_before": {"text": words},
            "editor_identity_id": identity_id,
            "at": at,
        }
        for number, ((at, _), words) in enumerate(zip(versions, before, strict=True), start=1)
    ]
    statement = insert(Edit)
    given = statement.excluded
    replaced = {"parts_before": given.parts_before, "at": given.at, "editor_identity_id": given.editor_identity_id}
    db.session.execute(statement.on_conflict_do_update(index_elements=["message_id", "number"], set_=replaced), rows)


def _words(parts: Sequence[Part]) -> str:
    return "\n".join(part.text for part in parts if part.kind == PartKind.TEXT)


def _write_words(message: Message, text: str) -> None:
    """One part of text in the place of those that were there; first where there were none."""
    parts = queries.parts_of(message.id)
    texts = [part.position for part in parts if part.kind == PartKind.TEXT]
    place = min(texts, default=max((part.position for part in parts), default=-1) + 1)
    db.session.execute(
        delete(Part)
        .where(Part.message_id == message.id, Part.kind == PartKind.TEXT)
        .execution_options(synchronize_session=False)
    )
    row = {"message_id": message.id, "position": place, "kind": PartKind.TEXT, "text": text}
    db.session.execute(insert(Part).values(row))
    db.session.expire(message, ["parts"])
