"""The live board's numbers, and the tickets behind each."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import pytest

from helpdesk.metrics import board_queries
from helpdesk.metrics.definitions import LiveNumber
from helpdesk.metrics.scope import scope_of
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.tickets import assignment, lifecycle
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.presence import be_here
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, reply, standing

MINUTE = timedelta(minutes=1)


@pytest.fixture
def tickets(cast: Cast, at: datetime) -> dict[str, Ticket]:
    """Standard promises 15 minutes; it is 10:00 on a working day, and Larkpost has been open for an hour."""
    made = {
        name: a_ticket(cast, at=at - minutes * MINUTE, customer=f"c-{name}")
        for name, minutes in (("late", 16), ("nearly", 12), ("fresh", 2), ("amal's", 3), ("returns", 4), ("gone", 50))
    }
    move(made["amal's"], lambda t: assignment.take(t, by=cast.amal, at=at), by=cast.amal)
    move(made["returns"], lambda t: assignment.hand_to_team(t, cast.returns, by=cast.chidi, at=at), by=cast.chidi)
    reply(made["gone"], "Here it is", by=cast.amal, at=at - 45 * MINUTE)
    move(made["gone"], lambda t: lifecycle.resolve(t, by=cast.amal, at=at - 40 * MINUTE), by=cast.amal)
    return made


def move(ticket: Ticket, act: Callable[[Ticket], None], *, by: Agent) -> None:
    with transaction():
        act(ticket_queries.lock_ticket(ticket.id, standing(by), Act.MOVE))


def names(tickets: dict[str, Ticket], ids: Collection[int]) -> set[str]:
    return {name for name, ticket in tickets.items() if ticket.id in ids}


def test_each_tile_opens_exactly_the_tickets_it_counts(cast: Cast, tickets: dict[str, Ticket], at: datetime) -> None:
    scope = scope_of(standing(cast.chidi))

    counts = board_queries.count_live(scope, at=at)

    everything = {"late", "nearly", "fresh", "amal's", "returns"}
    expected = {
        LiveNumber.OPEN: everything,
        LiveNumber.UNASSIGNED: everything - {"amal's"},
        LiveNumber.WAITING: everything,
        LiveNumber.AT_RISK: {"nearly"},
        LiveNumber.OVERDUE: {"late"},
    }
    for number, those in expected.items():
        ids = board_queries.live_ticket_ids(number, scope, at=at)
        assert names(tickets, ids) == those, number
        assert len(ids) == counts[number]


def test_a_promise_is_at_risk_from_the_start_of_its_last_quarter_until_it_is_due(cast: Cast, at: datetime) -> None:
    a_ticket(cast, at=at)
    scope = scope_of(standing(cast.chidi))

    def seen(minutes: float) -> tuple[int, int]:
        counts = board_queries.count_live(scope, at=at + minutes * MINUTE)
        return counts[LiveNumber.AT_RISK], counts[LiveNumber.OVERDUE]

    assert [seen(m) for m in (11.24, 11.25, 15, 15.01)] == [(0, 0), (1, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("who", "open_now", "unassigned"),
    [("amal", 1, 3), ("bruno", 0, 1), ("lena", 4, 3), ("chidi", 5, 4), ("ada", 5, 4), ("eve", 0, 0)],
)
def test_everybody_counts_what_is_theirs(
    cast: Cast, tickets: dict[str, Ticket], at: datetime, who: str, open_now: int, unassigned: int
) -> None:
    counts = board_queries.count_live(scope_of(standing(getattr(cast, who))), at=at)

    assert (counts[LiveNumber.OPEN], counts[LiveNumber.UNASSIGNED]) == (open_now, unassigned)


def test_agents_are_here_for_a_minute_after_they_were_seen(cast: Cast, at: datetime) -> None:
    with transaction():
        be_here(cast.amal, on=None, at=at - timedelta(seconds=59))
        be_here(cast.bruno, on=None, at=at - timedelta(seconds=61))
        be_here(cast.eve, on=None, at=at)
    scope = scope_of(standing(cast.chidi))

    assert [agent.name for agent in board_queries.agents_here(scope, at=at)] == ["Amal Haddad"]
    assert board_queries.count_live(scope, at=at)[LiveNumber.HERE] == 1
    assert board_queries.live_details(scope, at=at).staff == 4
