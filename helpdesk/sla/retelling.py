"""Clocks set to what the turns of an episode turn out to have been, once a message came late.

Where messages come in their order clocks are only started and stopped; this is for the others, and ends in the same
rows. Intervals that there never were are superseded.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from helpdesk.orm import db
from helpdesk.sla import policies, queries
from helpdesk.sla.clocks import ClockStart, row_of
from helpdesk.sla.in_hand import ClocksInHand
from helpdesk.sla.models import RESPONSES, Clock, ClockKind
from helpdesk.sla.policies import TicketFacts
from helpdesk.sla.recounting import Counted


def carried_over(ticket_id: int, instant: dt.datetime | None) -> Counted | None:
    """The turn that began by the instant, and still runs: a reply that failed gave it back."""
    for clock in queries.lock_not_superseded({ticket_id}):
        is_running = clock.kind in RESPONSES and clock.stopped_at is None
        if is_running and instant is not None and clock.started_at <= instant:
            return Counted(kind=clock.kind, started_at=clock.started_at)
    return None


def retell_turns(
    ticket_id: int,
    turns: Sequence[Counted],
    *,
    since: dt.datetime | None,
    facts: TicketFacts,
    held_by_agent_id: int | None,
    at: dt.datetime,
) -> None:
    """Make the response clocks that began after `since` those of `turns`, oldest first."""
    there = [
        clock
        for clock in queries.lock_not_superseded({ticket_id})
        if clock.kind in RESPONSES and (since is None or clock.started_at > since)
    ]
    pairs, extra = _paired(turns, sorted(there, key=lambda clock: clock.started_at))
    kept = ClocksInHand.load(there)
    _supersede(extra, kept, at=at)
    for turn, clock in sorted(pairs, key=_makes_room):
        if clock is None:
            _add(ticket_id, turn, facts, held_by_agent_id=held_by_agent_id, at=at)
        else:
            _set(clock, turn, kept, held_by_agent_id=held_by_agent_id)
        db.session.flush()


def end_pauses(ticket_id: int, *, at: dt.datetime) -> None:
    """The customer's message at `at` opened the ticket again: no pause outlasts that, of stopped clocks either."""
    clocks = queries.lock_not_superseded({ticket_id})
    kept = ClocksInHand.load(clocks)
    for clock in clocks:
        kept.cut_pauses(clock, at=at)
        kept.retime(clock)
    db.session.flush()


_Pair = tuple[Counted, Clock | None]


def _paired(turns: Sequence[Counted], there: Sequence[Clock]) -> tuple[list[_Pair], list[Clock]]:
    """Each turn with the interval it is kept in, and the intervals that are left.

    A turn keeps the interval that began with it, else takes one of its kind that is nobody's.
    """
    left = list(there)
    began_with = [(turn, _take(left, "started_at", turn)) for turn in turns]
    return [(turn, clock or _take(left, "kind", turn)) for turn, clock in began_with], left


def _take(clocks: list[Clock], name: Literal["started_at", "kind"], turn: Counted) -> Clock | None:
    """The first that is alike in this, taken out."""
    found = next((clock for clock in clocks if getattr(clock, name) == getattr(turn, name)), None)
    if found is not None:
        clocks.remove(found)
    return found


def _makes_room(pair: _Pair) -> tuple[bool, bool]:
    """The indexes allow one first response, and one running interval of a kind: what gives its place up goes first."""
    turn, clock = pair
    is_no_more_first = clock is not None and clock.kind is ClockKind.FIRST_RESPONSE and clock.kind is not turn.kind
    return not is_no_more_first, turn.stopped_at is None


def _supersede(clocks: Sequence[Clock], kept: ClocksInHand, *, at: dt.datetime) -> None:
    for clock in clocks:
        if clock.paused_at is not None:
            kept.end_pause(clock, at=at)
        clock.superseded_at = at
    db.session.flush()


def _set(clock: Clock, turn: Counted, kept: ClocksInHand, *, held_by_agent_id: int | None) -> None:
    clock.started_at = turn.started_at
    if clock.kind is not turn.kind:
        kept.tell_as(clock, turn.kind)
    if turn.stopped_at is None:
        if clock.stopped_at is not None:
            kept.forget_stop(clock)
    elif (clock.stopped_at, clock.stopped_by_message_id) != (turn.stopped_at, turn.message_id):
        kept.cut_pauses(clock, at=turn.stopped_at)
        kept.stop(
            clock,
            at=turn.stopped_at,
            by_message_id=turn.message_id,
            by_agent_id=turn.agent_id,
            held_by_agent_id=held_by_agent_id,
        )
    kept.retime(clock)


def _add(ticket_id: int, turn: Counted, facts: TicketFacts, *, held_by_agent_id: int | None, at: dt.datetime) -> None:
    start = ClockStart(ticket_id=ticket_id, kind=turn.kind, started_at=turn.started_at, facts=facts)
    clock = Clock(**row_of(start, policies.choose(facts, at=at), at=at))
    clock.stopped_at = turn.stopped_at
    clock.stopped_by_message_id, clock.stopped_by_agent_id = turn.message_id, turn.agent_id
    if turn.stopped_at is not None:
        clock.held_by_agent_id = held_by_agent_id
    db.session.add(clock)
    db.session.flush()
    ClocksInHand.load([clock]).retime(clock)


def turns_of(
    said: Sequence[tuple[dt.datetime, int | None]], *, kind_of: Callable[[dt.datetime], ClockKind]
) -> Iterator[Counted]:
    """Turns in what was said, in its order: (instant, None) by the customer, (instant, message id) by the brand."""
    began: dt.datetime | None = None
    for instant, reply_id in said:
        if reply_id is None:
            began = began or instant
        elif began is not None:
            yield Counted(kind=kind_of(began), started_at=began, stopped_at=instant, message_id=reply_id)
            began = None
    if began is not None:
        yield Counted(kind=kind_of(began), started_at=began)
