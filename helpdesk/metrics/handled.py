"""How long agents were at tickets, from the times at which they were seen at them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.lazy_columns import Columns, Groups
from helpdesk.metrics.percentiles import percentiles
from helpdesk.metrics.workload import Handled


@dataclass(frozen=True, kw_only=True, eq=False)
class Handlings(Columns):
    """At one place stands one span of somebody's time at a ticket, in no order; `seconds` is how long it was, `ended`
    when it did, in seconds since 1970."""

    ticket_id: NDArray[np.int64]
    agent_id: NDArray[np.int64]
    team_id: NDArray[np.int64]
    account_id: NDArray[np.int64]
    seconds: NDArray[np.float64]
    ended: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class AtTickets(Columns):
    """Once for each ticket and agent, in their order: how long it was, all spans together."""

    ticket_id: NDArray[np.int64]
    agent_id: NDArray[np.int64]
    seconds: NDArray[np.float64]


def at_tickets(handlings: Handlings) -> AtTickets:
    width = int(handlings.agent_id.max(initial=0)) + 1
    each = Groups(handlings.ticket_id * width + handlings.agent_id)
    seconds = handlings.seconds[each.order]
    return AtTickets(
        ticket_id=each.keys // width,
        agent_id=each.keys % width,
        seconds=np.add.reduceat(seconds, each.begins) if len(seconds) else seconds,
    )


def listed(those: AtTickets, places: slice) -> list[tuple[int, int]]:
    """(ticket, agent) of those at these places in the list, in which the longest are first."""
    order = np.argsort(-those.seconds, kind="stable")[places]
    return list(zip(those.ticket_id[order].tolist(), those.agent_id[order].tolist(), strict=True))


def named(those: AtTickets, names: Iterable[tuple[int, int, str]]) -> Iterator[tuple[str, AtTickets]]:
    """(name, what is under it) by name; `names` are of ticket, agent and a name of theirs."""
    pairs = zip(those.ticket_id.tolist(), those.agent_id.tolist(), strict=True)
    place_of = {pair: place for place, pair in enumerate(pairs)}
    places: dict[str, list[int]] = {}
    for ticket_id, agent_id, name in names:
        # Who came after the spans were read is in none of them.
        if (ticket_id, agent_id) in place_of:
            places.setdefault(name, []).append(place_of[ticket_id, agent_id])
    for name in sorted(places):
        yield name, those.at(np.array(places[name]))


def figures(those: AtTickets) -> Handled:
    seconds = those.seconds
    if not len(seconds):
        return Handled(n=0, total=0.0, mean=None, median=None, p90=None)
    median, p90 = percentiles(seconds, (0.5, 0.9))
    return Handled(n=len(seconds), total=float(seconds.sum()), mean=float(seconds.mean()), median=median, p90=p90)
