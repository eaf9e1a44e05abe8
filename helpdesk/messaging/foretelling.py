"""When the deliveries in line will go, where a network's limit makes sends scarce; kept on each for pages to say."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.messaging import delivery_queries, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount
from helpdesk.messaging.outbound import mark_changed
from helpdesk.messaging.quotas import Window, windows_of

_FORETOLD = 1000
"""Those further back in line are told when they have come nearer."""

_WORTH_TELLING = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A delivery in line."""

    delivery_id: int
    conversation_id: int
    promise_due_at: datetime | None
    not_before: datetime

    @property
    def pressure(self) -> tuple[bool, datetime, datetime, int]:
        """The order of claims: the promise that was due first, then the place in line."""
        no_promise = self.promise_due_at is None
        return no_promise, self.promise_due_at or self.not_before, self.not_before, self.delivery_id


def expected_times(waiting: Iterable[Waiting], windows: Sequence[Window], *, at: datetime) -> dict[int, datetime]:
    """delivery → about when it goes: `at` for those that are free to go at once."""
    lines: dict[int, list[Waiting]] = defaultdict(list)
    for one in sorted(waiting, key=lambda one: (one.not_before, one.delivery_id), reverse=True):
        lines[one.conversation_id].append(one)
    heads = [(line[-1].pressure, conversation_id) for conversation_id, line in lines.items()]
    heapq.heapify(heads)
    counts = [_Count(window) for window in windows]
    expected: dict[int, datetime] = {}
    while heads:
        _, conversation_id = heads[0]
        line = lines[conversation_id]
        at = _next_send(counts, at=at)
        expected[line.pop().delivery_id] = at
        if line:
            heapq.heapreplace(heads, (line[-1].pressure, conversation_id))
        else:
            heapq.heappop(heads)
    return expected


class _Count:
    """What is left of a window as sends are counted off."""

    def __init__(self, window: Window) -> None:
        self.window, self.remaining, self.resets_at = window, window.remaining, window.resets_at

    def begin_anew(self) -> None:
        self.remaining = self.window.limit
        self.resets_at += self.window.length


def _next_send(counts: Sequence[_Count], *, at: datetime) -> datetime:
    """When one more may go, which is counted."""
    for count in counts:
        while count.remaining == 0:
            at = max(at, count.resets_at)
            count.begin_anew()
    for count in counts:
        count.remaining -= 1
    return at


def note_expected(account: ChannelAccount, *, at: datetime) -> list[int]:
    """Keep on each delivery in line when it will go; the conversations in which that changed."""
    windows = windows_of(account, at=at)
    if not windows:
        return []
    rows = delivery_queries.in_line(account.id, at=at, limit=_FORETOLD)
    known = {row.id: row.expected_at for row in rows}
    waiting = [
        Waiting(
            delivery_id=row.id,
            conversation_id=row.conversation_id,
            promise_due_at=row.promise_due_at,
            not_before=row.not_before,
        )
        for row in rows
    ]
    times = expected_times(waiting, windows, at=at)
    expected = {delivery_id: time if time > at else None for delivery_id, time in times.items()}
    changed = [delivery_id for delivery_id, time in expected.items() if _is_worth_telling(known[delivery_id], time)]
    if not changed:
        return []
    queries.lock_conversations_by_id({one.conversation_id for one in waiting if one.delivery_id in set(changed)})
    still = [d for d in delivery_queries.lock_deliveries(changed) if d.state == DeliveryState.QUEUED]
    for delivery in still:
        delivery.expected_at = expected[delivery.id]
    mark_changed(still)
    return sorted({delivery.conversation_id for delivery in still})


def _is_worth_telling(known: datetime | None, expected: datetime | None) -> bool:
    if known is None or expected is None:
        return known is not expected
    return abs(known - expected) >= _WORTH_TELLING
