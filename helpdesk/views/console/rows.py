"""What a row of the ticket list shows."""

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from helpdesk.channels.port import PartKind
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.tickets.queue_queries import Queue, TicketRow
from helpdesk.views.console.clock_faces import ClockFace, Waiting, face_of, said_at
from helpdesk.views.rendering import iso

_MEDIA: dict[str, tuple[str, str]] = {
    PartKind.IMAGE: ("image", "Photo"),
    PartKind.VIDEO: ("video", "Video"),
    PartKind.AUDIO: ("mic", "Voice message"),
    PartKind.FILE: ("paperclip", "File"),
    PartKind.LOCATION: ("map-pin", "Place"),
    PartKind.QUICK_REPLY_ANSWER: ("reply", "Answer"),
    PartKind.ENCRYPTED: ("lock", "Encrypted message"),
    PartKind.UNSUPPORTED: ("info", "A message that cannot be shown here"),
}


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """A ticket in the list, ready to be drawn."""

    id: int
    queue: str
    name: str
    network: str
    words: str
    media: str
    lead: str
    lead_kind: str
    clock: ClockFace | None
    time: str
    iso: str
    owner: str
    is_unread: bool
    is_gone: bool
    digest: str
    """Changes when what the row says changed; not as its clock counts."""


def list_row(row: TicketRow, *, queue: Queue, zone: str, at: datetime, is_gone: bool = False) -> ListRow:
    lead, lead_kind = _lead(row)
    media, words = ("", row.draft) if lead_kind == "draft" and row.draft else _last_words(row)
    return ListRow(
        id=row.id,
        queue=queue.value,
        name=row.customer_name or "Somebody",
        network=row.network,
        words=words,
        media=media,
        lead=lead,
        lead_kind=lead_kind,
        clock=_clock(row, zone=zone, at=at),
        time=said_at(row.last_at, zone, at=at) if row.last_at else "",
        iso=iso(row.last_at) if row.last_at else "",
        owner=row.assignee_name or "",
        is_unread=row.is_unread,
        is_gone=is_gone,
        digest=f"{crc32(repr((*vars(row).values(), is_gone)).encode()):08x}"[:6],
    )


def _lead(row: TicketRow) -> tuple[str, str]:
    if row.undecided_delivery == DeliveryState.FAILED:
        return "Not delivered", "bad"
    if row.undecided_delivery == DeliveryState.UNKNOWN:
        return "Arrived?", "bad"
    if row.later_reply == "held":
        return "Held", "bad"
    if row.draft:
        return "Draft", "draft"
    return ("Scheduled", "later") if row.later_reply else ("", "draft")


def _last_words(row: TicketRow) -> tuple[str, str]:
    """(icon, words) of what was said last."""
    if row.last_kind is None:
        return "", ""
    icon, kind_words = _MEDIA.get(row.last_kind, ("", ""))
    words = " ".join((row.last_text or kind_words).split())
    return icon, f"You: {words}" if row.last_is_ours else words


def _clock(row: TicketRow, *, zone: str, at: datetime) -> ClockFace | None:
    waiting = Waiting(
        status=row.status,
        waiting_since=row.waiting_since,
        snoozed_until=row.snoozed_until,
        customer_name=row.customer_name,
    )
    return face_of(
        waiting,
        kind=row.clock_kind,
        started_at=row.clock_started_at,
        due_at=row.clock_due_at,
        zone=zone,
        at=at,
    )
