"""A conversation as a member sees it: days, messages in runs, and how far the other side has read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from helpdesk.channels.port import PartKind
from helpdesk.messaging import profiles
from helpdesk.messaging.models import Identity, Message, Part, Receipt
from helpdesk.views.messages import RUN_FOR, ShownPart, shown_file, shown_text, sort_number
from helpdesk.views.rendering import clock_time, day, iso


@dataclass(frozen=True, kw_only=True)
class DayRow:
    row_id: str
    at: int
    label: str
    kind: str = "day"


@dataclass(frozen=True, kw_only=True)
class MessageRow:
    """`at` is the row's place, in microseconds since 1970; `state` is "" on messages of the other side."""

    row_id: str
    at: int
    key: str
    is_mine: bool
    name: str
    picture: str
    author: str
    time: str
    iso: str
    continues: bool
    parts: tuple[ShownPart, ...]
    state: str
    kind: str = "message"


Row = DayRow | MessageRow


@dataclass(frozen=True, kw_only=True)
class Sight:
    """From whose side a conversation is seen, and where."""

    me: int
    """The identity of the member who looks."""
    other: Identity
    seen: Receipt | None
    """How far the other side has read."""
    zone: str
    at: datetime


def rows_of(messages: Sequence[Message], sight: Sight, *, after: Message | None) -> list[Row]:
    """Rows for messages that follow one another, with a line for each day that begins; `after` stands before them."""
    rows: list[Row] = []
    for message in messages:
        if after is None or _date(after, sight) != _date(message, sight):
            rows.append(_day_row(message, sight))
        rows.append(_message_row(message, sight, continues=after is not None and _continues(after, message, sight)))
        after = message
    return rows


def _day_row(message: Message, sight: Sight) -> DayRow:
    zone = ZoneInfo(sight.zone)
    midnight = datetime.combine(message.platform_time.astimezone(zone), time.min, zone)
    label = f"{day(message.platform_time, sight.zone, today=sight.at)} {clock_time(message.platform_time, sight.zone)}"
    return DayRow(row_id=f"day-{midnight:%Y-%m-%d}", at=sort_number(midnight), label=label)


def _message_row(message: Message, sight: Sight, *, continues: bool) -> MessageRow:
    is_mine = message.author_identity_id == sight.me
    return MessageRow(
        row_id=row_id(message),
        at=sort_number(message.platform_time),
        key=message.external_id or "",
        is_mine=is_mine,
        name="You" if is_mine else sight.other.display_name,
        picture="" if is_mine else profiles.picture_of(sight.other),
        author=_author(message, sight),
        time=clock_time(message.platform_time, sight.zone),
        iso=iso(message.platform_time),
        continues=continues,
        parts=tuple(_shown_part(part) for part in message.parts),
        state=_state(message, sight) if is_mine else "",
    )


def row_id(message: Message) -> str:
    """By the message's key: ids of rows stay in the house."""
    return f"message-{message.external_id}"


def _author(message: Message, sight: Sight) -> str:
    """Who on the staff wrote it, by first name, as in "Amal at Larkpost"; "" between members."""
    if message.author_agent is None:
        return ""
    return f"{message.author_agent.name.split()[0]} at {sight.other.display_name}"


def _state(message: Message, sight: Sight) -> str:
    """What became of a message of mine. Here to be released is to be delivered."""
    released_at = message.released_at
    if sight.seen is not None and released_at is not None and released_at <= sight.seen.up_to_at:
        return f"Seen {clock_time(sight.seen.at, sight.zone)}"
    return "Delivered"


def _shown_part(part: Part) -> ShownPart:
    if part.kind == PartKind.TEXT:
        return shown_text(part.text)
    if part.file is None:
        return ShownPart(kind="words", text=part.text or "Something that cannot be shown here")
    return shown_file(part.file, endpoint="messenger.show_file", otherwise="")


def _continues(before: Message, message: Message, sight: Sight) -> bool:
    is_same = _speaker(before) == _speaker(message)
    is_soon = message.platform_time - before.platform_time <= RUN_FOR
    return is_same and is_soon and _date(before, sight) == _date(message, sight)


def _speaker(message: Message) -> tuple[int, int | None]:
    return message.author_identity_id, message.author_agent_id


def _date(message: Message, sight: Sight) -> object:
    return message.platform_time.astimezone(ZoneInfo(sight.zone)).date()
