"""What every page of the console has around it: the rail, the queues with their counts, and who is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from helpdesk.errors import NotFound
from helpdesk.tickets import page_queries, queue_queries
from helpdesk.tickets.page_queries import Colleague
from helpdesk.tickets.presence import HERE_FOR
from helpdesk.tickets.queue_queries import Queue
from helpdesk.views.access import current_agent, current_standing
from helpdesk.views.console.rows import list_row
from helpdesk.views.staff_frame import around

COUNT_CAP = 1000
PAGE = 50

_LOOKS: dict[Queue, tuple[str, str, str]] = {
    Queue.MINE: ("Mine", "circle-user", "m"),
    Queue.UNASSIGNED: ("Unassigned", "inbox", "u"),
    Queue.DUE_SOONEST: ("Due soonest", "alarm-clock", "d"),
    Queue.WAITING_LONGEST: ("Waiting longest", "hourglass", "w"),
    Queue.ALL_OPEN: ("All open", "layers", "o"),
}


@dataclass(frozen=True, kw_only=True)
class ShownQueue:
    name: str
    label: str
    icon: str
    key: str
    count: str
    is_current: bool
    url: str
    is_bad: bool = False


@dataclass(frozen=True, kw_only=True)
class HereNow:
    name: str
    load: int


def queue_named(name: str | None) -> Queue:
    """Raises NotFound."""
    try:
        return Queue(name or Queue.MINE)
    except ValueError:
        raise NotFound("no such queue") from None


def shown_queues(current: str | None) -> list[ShownQueue]:
    """The queues, and after them what did not arrive; `current` is the name of the one that is looked at."""
    counts = queue_queries.count_queues(current_standing(), cap=COUNT_CAP)
    queues = [
        ShownQueue(
            name=queue.value,
            label=label,
            icon=icon,
            key=key,
            count=_count_words(counts[queue]),
            is_current=queue.value == current,
            url=url_for("console.show_queue", queue=queue.value),
        )
        for queue, (label, icon, key) in _LOOKS.items()
    ]
    undelivered = ShownQueue(
        name=queue_queries.UNDELIVERED,
        label="Not delivered",
        icon="circle-alert",
        key="n",
        count=_count_words(counts[queue_queries.UNDELIVERED]),
        is_current=current == queue_queries.UNDELIVERED,
        url=url_for("console.show_undelivered"),
        is_bad=counts[queue_queries.UNDELIVERED] > 0,
    )
    return [*queues, undelivered]


def _count_words(count: int) -> str:
    return "999+" if count >= COUNT_CAP else str(count)


def staff(brand_ids: frozenset[int], *, ticket_id: int | None, at: datetime) -> list[Colleague]:
    return page_queries.colleagues(brand_ids, ticket_id=ticket_id, since=at - HERE_FOR)


def here_now(colleagues: Sequence[Colleague]) -> list[HereNow]:
    """Who has the console open, by name, with how many tickets they hold; at most eight."""
    loads = {c.agent_id: HereNow(name=c.name, load=c.load) for c in colleagues if c.load is not None}
    return sorted(loads.values(), key=lambda here: here.name)[:8]


def front(queue: Queue, *, at: datetime, after_id: int | None = None) -> dict[str, Any]:
    """The front of a queue, or what comes behind one of its tickets, ready to be drawn."""
    rows = queue_queries.list_tickets(queue, current_standing(), limit=PAGE, after_id=after_id)
    zone = current_agent().time_zone
    return {
        "queue": queue.value,
        "rows": [list_row(row, queue=queue, zone=zone, at=at) for row in rows],
        "more_after": rows[-1].id if len(rows) == PAGE else None,
    }


def context(queue: Queue, *, colleagues: Sequence[Colleague], at: datetime) -> dict[str, Any]:
    """Everything the layout and its side panes need."""
    return around("tickets") | front(queue, at=at) | {"queues": shown_queues(queue), "here": here_now(colleagues)}
