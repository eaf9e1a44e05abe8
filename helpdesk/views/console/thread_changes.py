"""What changed in a conversation since a page drew it."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.messaging.models import Message
from helpdesk.views.console.thread import (
    EventRow,
    GoneRow,
    MessageRow,
    NoteRow,
    ShownDelivery,
    ThreadRow,
    is_taken_back,
)


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a page has seen: the conversation's version, its newest note and event, and how its head looked."""

    conversation: int
    note: int
    event: int
    head: str

    def __str__(self) -> str:
        return f"{self.conversation}.{self.note}.{self.event}.{self.head}"

    @classmethod
    def parse(cls, text: str) -> "Version":
        """What a page says it has seen; nothing, where it says nothing that can be read."""
        conversation, note, event, head = [*text.split("."), "", "", ""][:4]
        numbers = [int(n) if n.isascii() and n.isdigit() and len(n) < 19 else 0 for n in (conversation, note, event)]
        return cls(conversation=numbers[0], note=numbers[1], event=numbers[2], head=head[:9])


def changed_rows(rows: Sequence[ThreadRow], seen: Version) -> list[ThreadRow]:
    """New and changed rows, with those whose look hangs on them: neighbours, day lines and what is not settled."""
    fresh = {n for n, row in enumerate(rows) if _is_fresh(row, seen)}
    if not fresh:
        return []
    kept = fresh | {n + 1 for n in fresh} | {n - 1 for n in fresh}
    ours = [n for n, row in enumerate(rows) if isinstance(row, MessageRow) and row.is_ours]
    kept |= {n for n in ours if _delivery_of(rows[n]) is not None} | set(ours[-2:])
    return [row for n, row in enumerate(rows) if n in kept]


def gone_rows(messages: Sequence[Message], seen: Version) -> list[ThreadRow]:
    """Messages that were taken back since a page was drawn."""
    return [
        GoneRow(kind="gone", row_id=f"message-{message.id}", at=0, version=message.version)
        for message in messages
        if is_taken_back(message) and message.version > seen.conversation
    ]


def customer_rows_after(rows: Sequence[ThreadRow], message_id: int) -> list[MessageRow]:
    """The customer's messages that came after one."""
    said = [row for row in rows if isinstance(row, MessageRow) and not row.is_ours]
    return [row for row in said if row.message_id > message_id]


def _is_fresh(row: ThreadRow, seen: Version) -> bool:
    match row:
        case MessageRow():
            return row.version > seen.conversation
        case NoteRow():
            return row.note_id > seen.note
        case EventRow():
            return row.event_id > seen.event
    return False


def _delivery_of(row: ThreadRow) -> ShownDelivery | None:
    return row.delivery if isinstance(row, MessageRow) else None
