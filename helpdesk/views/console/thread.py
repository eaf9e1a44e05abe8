"""A conversation as it is drawn: days, messages in runs, and between them the notes and events of its tickets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.channels.port import PartKind
from helpdesk.messaging.delivery_states import UNSETTLED, DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Direction, File, Message, Part
from helpdesk.tickets.page_queries import Happening
from helpdesk.views.console.delivery_words import Failure, StateWords, failure_of, state_words
from helpdesk.views.console.event_words import EventWords, words_of
from helpdesk.views.messages import RUN_FOR, ShownPart, shown_file, shown_text, sort_number
from helpdesk.views.rendering import clock_time, day, iso

_DECIDES = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class ShownDelivery:
    words: StateWords
    failure: Failure | None
    is_last: bool
    """Of the last message of ours: the one that a key undoes."""

    @property
    def is_kept(self) -> bool:
        """Shown also where the next message continues the run."""
        return self.failure is not None or bool(self.words.actions)


@dataclass(frozen=True, kw_only=True)
class ThreadRow:
    """What a row of the conversation has whatever it is. `kind`: day, message, gone, note or event."""

    kind: str
    row_id: str
    at: int
    """Microseconds since 1970: the row's place."""
    time: str = ""
    iso: str = ""


@dataclass(frozen=True, kw_only=True)
class DayRow(ThreadRow):
    label: str


@dataclass(frozen=True, kw_only=True)
class MessageRow(ThreadRow):
    message_id: int
    version: int
    is_ours: bool
    name: str
    author: str
    key: str
    title: str
    speaker: tuple[int, int | None]
    instant: datetime
    parts: tuple[ShownPart, ...]
    delivery: ShownDelivery | None
    is_for_later: bool = False
    continues: bool = False


@dataclass(frozen=True, kw_only=True)
class GoneRow(ThreadRow):
    """A message that was taken back: pages that show it drop it."""

    version: int


@dataclass(frozen=True, kw_only=True)
class NoteRow(ThreadRow):
    note_id: int
    name: str
    body: str


@dataclass(frozen=True, kw_only=True)
class EventRow(ThreadRow):
    event_id: int
    words: EventWords


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """For whom and when a conversation is drawn."""

    zone: str
    at: datetime
    account: ChannelAccount
    customer: str
    """Their first name."""


def thread_rows(
    messages: Sequence[Message],
    happenings: Iterable[Happening],
    viewer: Viewer,
    *,
    since: datetime | None,
    is_end: bool,
) -> list[ThreadRow]:
    """All rows in their order.

    `since`: what happened before it stands on an earlier page of the conversation. `is_end`: the last of these
    messages are the conversation's last.
    """
    shown = [message for message in messages if not is_taken_back(message)]
    rows: list[ThreadRow] = [*_message_rows(shown, viewer, is_end=is_end)]
    rows += [row for h in happenings if (since is None or h.at >= since) and (row := _happening_row(h, viewer))]
    rows.sort(key=lambda row: row.at)
    return _with_days(_with_runs(rows), viewer)


# Messages


def _message_rows(messages: Sequence[Message], viewer: Viewer, *, is_end: bool) -> list[MessageRow]:
    ours = [message.id for message in messages if message.direction == Direction.OUT and not _is_for_later(message)]
    last_ours = ours[-1] if ours and is_end else None
    rows: list[MessageRow] = []
    is_held_up = False
    for message in messages:
        delivery = message.delivery
        rows.append(_message_row(message, viewer, is_last=message.id == last_ours, is_held_up=is_held_up))
        is_held_up = is_held_up or (delivery is not None and delivery.state in _DECIDES and not delivery.is_passed)
    return rows


def is_taken_back(message: Message) -> bool:
    return message.delivery is not None and message.delivery.is_taken_back


def _is_for_later(message: Message) -> bool:
    return message.delivery is not None and message.delivery.awaits_release


def _message_row(message: Message, viewer: Viewer, *, is_last: bool, is_held_up: bool) -> MessageRow:
    is_ours = message.direction == Direction.OUT
    instant = message.platform_time
    return MessageRow(
        kind="message",
        row_id=f"message-{message.id}",
        at=sort_number(instant),
        time="" if _is_for_later(message) else clock_time(instant, viewer.zone),
        iso=iso(instant),
        title=full_time(instant, viewer.zone),
        message_id=message.id,
        version=message.version,
        is_ours=is_ours,
        name=message.author.display_name or message.author.handle or "Somebody",
        author=_author(message) if is_ours else "",
        key=message.client_key or "",
        speaker=(message.author_identity_id, message.author_agent_id),
        instant=instant,
        parts=tuple(_shown_part(part) for part in message.parts),
        delivery=_shown_delivery(message.delivery, viewer, is_last=is_last, is_held_up=is_held_up),
        is_for_later=_is_for_later(message),
    )


def _author(message: Message) -> str:
    if message.author_agent is not None:
        return message.author_agent.name.split()[0]
    return "From the network's own app"


def _shown_delivery(
    delivery: Delivery | None, viewer: Viewer, *, is_last: bool, is_held_up: bool
) -> ShownDelivery | None:
    """Shown under our last message, and wherever something is not settled."""
    if delivery is None or not (is_last or delivery.state in UNSETTLED or delivery.state == DeliveryState.CANCELLED):
        return None
    return ShownDelivery(
        words=state_words(delivery, viewer.account, zone=viewer.zone, at=viewer.at, is_held_up=is_held_up),
        failure=failure_of(delivery, viewer.account, customer=viewer.customer),
        is_last=is_last,
    )


def _shown_part(part: Part) -> ShownPart:
    if part.kind == PartKind.TEXT:
        return shown_text(part.text)
    if part.file is not None:
        return _shown_file(part.file, part)
    return ShownPart(kind="words", text=_words_for(part))


def _shown_file(file: File, part: Part) -> ShownPart:
    if file.state == "waiting":
        return ShownPart(kind="words", text="A file is still being fetched from the network.")
    if file.state == "failed":
        return ShownPart(kind="words", text="A file could not be fetched from the network.")
    return shown_file(file, endpoint="console.show_file", otherwise="Photo" if file.has_preview else part.kind)


_KIND_WORDS: dict[str, str] = {
    PartKind.LOCATION: "A place",
    PartKind.QUICK_REPLY_ANSWER: "An answer was chosen",
    PartKind.ENCRYPTED: "An encrypted message. It can only be read in the network's own app.",
    PartKind.UNSUPPORTED: "Something that cannot be shown here. Look in the network's own app.",
}


def _words_for(part: Part) -> str:
    if part.kind == PartKind.LOCATION and not part.text and "latitude" in part.details:
        return f"A place: {part.details['latitude']:.5f}, {part.details['longitude']:.5f}"
    return part.text or _KIND_WORDS.get(part.kind, "Something without words")


# Notes and events


def _happening_row(happening: Happening, viewer: Viewer) -> NoteRow | EventRow | None:
    time_of_day, instant = clock_time(happening.at, viewer.zone), iso(happening.at)
    at = sort_number(happening.at)
    if happening.is_note:
        return NoteRow(
            kind="note",
            row_id=f"note-{happening.id}",
            at=at,
            time=time_of_day,
            iso=instant,
            note_id=happening.id,
            name=happening.agent_name or "",
            body=happening.body,
        )
    words = words_of(happening, zone=viewer.zone, at=viewer.at)
    if words is None:
        return None
    return EventRow(
        kind="event",
        row_id=f"event-{happening.id}",
        at=at,
        time=time_of_day,
        iso=instant,
        event_id=happening.id,
        words=words,
    )


# Runs and days


def _with_runs(rows: Sequence[ThreadRow]) -> list[ThreadRow]:
    """A message continues the run of the row above it: same speaker, within five minutes, nothing between."""
    told: list[ThreadRow] = []
    for row in rows:
        above = told[-1] if told else None
        if isinstance(row, MessageRow) and isinstance(above, MessageRow) and _is_one_run(above, row):
            told.append(replace(row, continues=True))
        else:
            told.append(row)
    return told


def _is_one_run(above: MessageRow, row: MessageRow) -> bool:
    if above.speaker != row.speaker or above.is_ours != row.is_ours:
        return False
    return row.instant - above.instant <= RUN_FOR and (above.delivery is None or above.delivery.failure is None)


def _with_days(rows: Sequence[ThreadRow], viewer: Viewer) -> list[ThreadRow]:
    """A day line before the first row of each day, in the viewer's zone. What is to be sent later names its own day."""
    told: list[ThreadRow] = []
    current = ""
    for row in rows:
        line = _day_row(row, viewer)
        if line.row_id != current and not (isinstance(row, MessageRow) and row.is_for_later):
            current = line.row_id
            told.append(line)
            row = replace(row, continues=False) if isinstance(row, MessageRow) else row
        told.append(row)
    return told


def _day_row(row: ThreadRow, viewer: Viewer) -> DayRow:
    zone = ZoneInfo(viewer.zone)
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row.at)
    date = instant.astimezone(zone).date()
    midnight = datetime.combine(date, time(), tzinfo=zone).astimezone(UTC)
    # Not before what is left of a day that began on an earlier page.
    return DayRow(
        kind="day",
        row_id=f"day-{date.isoformat()}",
        at=sort_number(midnight),
        label=day(instant, viewer.zone, today=viewer.at),
    )


def full_time(instant: datetime, zone: str) -> str:
    """The whole of an instant, for a hover: Monday, 23 November 2026, 09:48 (Europe/London)."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M:%S} ({zone})"
