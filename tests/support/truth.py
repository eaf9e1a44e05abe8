"""What the platform knows to be true, held against what the desk has stored: every difference in one line."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from helpdesk.orm import db
from helpdesk.simulator.x_record import Entry
from tests.support.clocks_retold import Interval, Said, retold

NEVER_LEFT = ("queued", "sending")
ACCEPTED = ("accepted", "sent", "delivered", "read")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A message as the desk has it; `reply` fields are those of its delivery."""

    id: int
    conversation: str
    ticket_id: int | None
    external_id: str | None
    is_ours: bool
    origin: str
    body: str
    sent_at: datetime
    heard_at: datetime
    state: str | None
    reason: str | None


_MESSAGES = """
    select m.id, c.external_key as conversation, tm.ticket_id, m.external_id, m.direction = 'out' as is_ours, m.origin,
        (select string_agg(p.text, E'\\n' order by p.position) from part p where p.message_id = m.id) as body,
        m.platform_time as sent_at, m.received_at as heard_at, d.state, d.reason
    from message m
    join conversation c on c.id = m.conversation_id
    left join ticket_message tm on tm.message_id = m.id
    left join delivery d on d.message_id = m.id
    order by c.id, m.platform_time, m.id
"""
_EVENTS = """
    select ticket_id, kind, (details ->> 'message_id')::bigint as message_id from timeline_event order by id
"""
_CLOCKS = """
    select ticket_id, kind, started_at, stopped_at, stopped_by_message_id, due_at, target_seconds,
        calendar_version_id, next_warn_at
    from clock where superseded_at is null order by ticket_id, started_at, id
"""
_SET_ASIDE = "select state, error, count(*) as n from inbound_event where state <> 'processed' group by 1, 2"


@dataclass(kw_only=True)
class Truth:
    """`written` and `taken` are the platform's record; `submitted` the texts of replies that the desk said yes to."""

    written: Sequence[Entry]
    taken: Sequence[Entry]
    submitted: Sequence[str]
    conversations: frozenset[str] = frozenset()

    def differences(self) -> list[str]:
        """Every loss, double, disorder and wrong clock; an application context must be there."""
        rows = [Row(**row) for row in _rows(_MESSAGES) if row["conversation"].removeprefix("dm:") in self.conversations]
        by_conversation: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_conversation[row.conversation.removeprefix("dm:")].append(row)
        return [
            *_waiting(),
            *self._of_customers(by_conversation),
            *self._of_replies([row for row in rows if row.is_ours]),
            *_of_clocks(rows),
        ]

    def _of_customers(self, kept: Mapping[str, Sequence[Row]]) -> Iterator[str]:
        said: dict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(self.written, key=lambda one: (datetime.fromisoformat(one["at"]), int(one["id"]))):
            said[entry["conversation"]].append(entry)
        for conversation in self.conversations | said.keys():
            expected = [entry["id"] for entry in said[conversation]]
            found = [row.external_id for row in kept.get(conversation, ()) if not row.is_ours]
            yield from _compared(conversation, expected, found)
            tickets = {row.ticket_id for row in kept.get(conversation, ())}
            if len(tickets) > 1 or None in tickets:
                yield f"conversation {conversation} lies under tickets {sorted(map(str, tickets))}, not one"

    def _of_replies(self, ours: Sequence[Row]) -> Iterator[str]:
        stored = Counter(row.body for row in ours)
        taken = Counter(entry["text"] for entry in self.taken)
        yield from (f"reply {words!r} was submitted and is stored {stored[words]} times" for words in self.submitted
                    if stored[words] != 1)  # fmt: skip
        yield from (f"reply {words!r} reached the platform {n} times" for words, n in taken.items() if n > 1)
        yield from (f"reply {words!r} reached the platform and is not stored" for words in taken if not stored[words])
        for row in ours:
            yield from _fate(row, taken[row.body])
        yield from self._disorder(ours)

    def _disorder(self, ours: Sequence[Row]) -> Iterator[str]:
        # In line, as on the screen, a reply stands where it was submitted, though a colleague's was stored before it.
        place = {row.body: (row.sent_at, row.id) for row in ours}
        arrived: dict[str, list[str]] = defaultdict(list)
        for entry in self.taken:
            arrived[entry["conversation"]].append(entry["text"])
        for conversation, words in arrived.items():
            places = [place[one] for one in words if one in place]
            if places != sorted(places):
                yield f"replies of {conversation} reached the platform out of order: {words}"


def _waiting() -> Iterator[str]:
    for row in _rows(_SET_ASIDE):
        yield f"{row['n']} raw events are {row['state']}: {row['error']}"


def _compared(conversation: str, expected: Sequence[str], found: Sequence[str | None]) -> Iterator[str]:
    times = Counter(found)
    missing = [one for one in expected if not times[one]]
    strange = [one for one in times if one not in set(expected)]
    yield from (f"message {one} of {conversation} is lost" for one in missing)
    yield from (f"message {one} of {conversation} is there {n} times" for one, n in times.items() if n > 1)
    yield from (f"message {one} of {conversation} was never written" for one in strange)
    if not missing and not strange and list(times) != list(expected):
        yield f"messages of {conversation} are out of order: {found} instead of {expected}"


def _fate(row: Row, taken: int) -> Iterator[str]:
    """What a reply's state says must be what happened to it."""
    if row.state is None:
        yield f"our message {row.body!r} ({row.origin}) is an echo that was not joined to its reply"
    elif row.state in NEVER_LEFT:
        yield f"reply {row.body!r} is still {row.state}"
    elif row.state in ACCEPTED and not taken:
        yield f"reply {row.body!r} is shown as {row.state} and never reached the platform"
    elif row.state == "failed" and taken:
        yield f"reply {row.body!r} is shown as failed ({row.reason}) and reached the platform"
    elif row.state in ("failed", "unknown") and not row.reason:
        yield f"reply {row.body!r} is {row.state} without a reason"


def _of_clocks(rows: Sequence[Row]) -> Iterator[str]:
    events = _rows(_EVENTS)
    failed = {event["message_id"] for event in events if event["kind"] == "not delivered"}
    answered = Counter(event["message_id"] for event in events if event["kind"] == "replied")
    episodes: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.ticket_id is not None:
            episodes[row.ticket_id].append(row)
        if row.is_ours and answered[row.id] != 1:
            yield f"reply {row.body!r} is {answered[row.id]} times on the timeline"
    stored: dict[int, list[Interval]] = defaultdict(list)
    for clock in _rows(_CLOCKS):
        stored[clock["ticket_id"]].append(
            Interval(clock["kind"], clock["started_at"], clock["stopped_at"], clock["stopped_by_message_id"])
        )
    for ticket_id, said in episodes.items():
        expected = retold(
            Said(id=r.id, is_ours=r.is_ours, sent_at=_as_told(r), heard_at=r.heard_at, has_failed=r.id in failed)
            for r in said
        )
        yield from _clock_differences(ticket_id, expected, stored[ticket_id])


def _as_told(row: Row) -> datetime:
    """X tells milliseconds; what is finer is the desk's own, to order what shares one."""
    return row.sent_at if row.is_ours else row.sent_at.replace(microsecond=row.sent_at.microsecond // 1000 * 1000)


def _clock_differences(ticket_id: int, expected: Sequence[Interval], stored: Sequence[Interval]) -> Iterator[str]:
    for one in expected:
        if one not in stored:
            yield f"ticket {ticket_id} has no clock {_words(one)}"
    for one in stored:
        if one not in expected:
            yield f"ticket {ticket_id} has a clock {_words(one)} that its messages do not tell of"


def _words(one: Interval) -> str:
    stopped = f"stopped {one.stopped_at:%H:%M:%S.%f} by {one.stopped_by}" if one.stopped_at else "running"
    return f"{one.kind} from {one.started_at:%H:%M:%S.%f}, {stopped}"


def _rows(statement: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in db.session.execute(text(statement))]
