"""The live board: tiles that change by themselves, and the tickets and agents behind each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import NotFound
from helpdesk.metrics import board_queries
from helpdesk.metrics.board_queries import LiveDetails
from helpdesk.metrics.definitions import LIVE, LiveNumber
from helpdesk.tickets import queue_queries
from helpdesk.tickets.queue_queries import Queue
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.rows import ListRow, list_row
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.filters import CHANNELS, Filters, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.dashboards.paging import Paging, read_page
from helpdesk.views.rendering import duration, page_or_block

PAGE = 50
_DUE_NEXT = 8

_KINDS = {LiveNumber.AT_RISK: "warn", LiveNumber.OVERDUE: "bad"}


@dataclass(frozen=True, kw_only=True)
class Tile:
    id: str
    label: str
    number: int
    says: str
    url: str
    kind: str
    of: str


@dataclass(frozen=True, kw_only=True)
class HereRow:
    name: str
    open_tickets: int


@dataclass(frozen=True, kw_only=True)
class ChannelRow:
    network: str
    label: str
    waiting: int
    oldest: str
    url: str


@blueprint.get("")
@open_to(Audience.AGENTS)
def live_board() -> ResponseReturnValue:
    """The page; as a fragment the whole board, which asks for itself when something changed."""
    at, filters = clock.now(), read_filters(request.args, current_standing())
    return page_or_block(
        "dashboards/live.html",
        "board",
        **around(filters, current="live"),
        tiles=shown_tiles(filters, at=at),
        due_next=_rows(board_queries.live_ticket_ids(LiveNumber.OPEN, filters.scope, at=at, limit=_DUE_NEXT), at=at),
        here=_here(filters, at=at),
        channels=_channels(filters, at=at),
        definitions=LIVE,
    )


@blueprint.get("/tiles")
@open_to(Audience.AGENTS)
def live_tiles() -> ResponseReturnValue:
    """The tiles alone, for pages that show them above something else."""
    at, filters = clock.now(), read_filters(request.args, current_standing())
    return page_or_block(
        "dashboards/tiles.html", "tiles", **around(filters, current="live"), tiles=shown_tiles(filters, at=at)
    )


@blueprint.get("/tickets")
@open_to(Audience.AGENTS)
def live_tickets() -> ResponseReturnValue:
    """The tickets that a tile counts, or the agents."""
    at, filters = clock.now(), read_filters(request.args, current_standing())
    number = _number(request.args.get("number", ""))
    paging = read_page(request.args, total=board_queries.count_live(filters.scope, at=at)[number], size=PAGE)
    context = around(filters, current="live") | {
        "number": number.value,
        "definition": LIVE[number],
        "paging": paging,
        "here": [],
        "rows": [],
    }
    if number is LiveNumber.HERE:
        return page_or_block("dashboards/tickets.html", "list", **context | {"here": _here(filters, at=at)})
    return page_or_block(
        "dashboards/tickets.html", "list", **context | {"rows": _page_of(number, filters, paging, at=at)}
    )


def shown_tiles(filters: Filters, *, at: datetime) -> list[Tile]:
    counts = board_queries.count_live(filters.scope, at=at)
    details = board_queries.live_details(filters.scope, at=at)
    return [
        Tile(
            id=f"tile-{number.value}",
            label=LIVE[number].name,
            number=counts[number],
            says=_says(number, counts[number], details, at=at),
            url=url_for("dashboards.live_tickets")
            + filters.query(number=number.value, measure=None, time=None, sort=None),
            kind=_KINDS.get(number, ""),
            of=f"of {details.staff}" if number is LiveNumber.HERE else "",
        )
        for number in LiveNumber
    ]


def _says(number: LiveNumber, n: int, details: LiveDetails, *, at: datetime) -> str:
    match number:
        case LiveNumber.OPEN:
            return f"{details.pending_or_snoozed} pending or snoozed"
        case LiveNumber.UNASSIGNED:
            return f"oldest {_since(details.oldest_unassigned_at, at=at)}" if n else "every ticket has somebody"
        case LiveNumber.WAITING:
            return f"median {duration(details.median_waiting_seconds)} so far" if n else "nobody waits"
        case LiveNumber.AT_RISK:
            return "in their last quarter"
        case LiveNumber.OVERDUE:
            return f"the longest {_since(details.first_overdue_at, at=at)} over" if n else "all promises kept so far"
        case LiveNumber.HERE:
            return "in the last minute"


def _since(instant: datetime | None, *, at: datetime) -> str:
    return duration((at - instant).total_seconds()) if instant else ""


def _number(name: str) -> LiveNumber:
    try:
        return LiveNumber(name)
    except ValueError:
        raise NotFound("no such number") from None


def _page_of(number: LiveNumber, filters: Filters, paging: Paging, *, at: datetime) -> list[ListRow]:
    ids = board_queries.live_ticket_ids(number, filters.scope, at=at, limit=PAGE, offset=paging.offset)
    return _rows(ids, at=at)


def _rows(ticket_ids: Sequence[int], *, at: datetime) -> list[ListRow]:
    """In the order of their ids."""
    rows = {row.id: row for row in queue_queries.tickets_by_id(ticket_ids, current_standing())}
    zone = current_agent().time_zone
    return [list_row(rows[i], queue=Queue.ALL_OPEN, zone=zone, at=at) for i in ticket_ids if i in rows]


def _here(filters: Filters, *, at: datetime) -> list[HereRow]:
    agents = board_queries.agents_here(filters.scope, at=at)
    held: dict[int, Any] = board_queries.open_tickets_of([agent.id for agent in agents])
    return [HereRow(name=agent.name, open_tickets=held.get(agent.id, 0)) for agent in agents]


def _channels(filters: Filters, *, at: datetime) -> list[ChannelRow]:
    return [
        ChannelRow(
            network=network,
            label=CHANNELS.get(network, network),
            waiting=waiting,
            oldest=_since(since, at=at),
            url=url_for("dashboards.live_tickets") + filters.query(number=LiveNumber.WAITING.value, channel=network),
        )
        for network, waiting, since in board_queries.waiting_by_network(filters.scope, at=at)
    ]
