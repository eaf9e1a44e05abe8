"""Start, stop, revoke, pause, resume: what moves the clocks of many tickets in few statements.

Each verb locks the rows it moves in order of id, and returns those it moved. Instants are aware UTC.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from helpdesk.arrays import arrays_of, insert_of
from helpdesk.orm import Json, db
from helpdesk.sla import policies, queries
from helpdesk.sla.in_hand import ClocksInHand, stopped_at_of, timed
from helpdesk.sla.models import RESPONSES, Clock, ClockKind, PauseReason
from helpdesk.sla.policies import ChosenPolicy, PolicyBook, TicketFacts


@dataclass(frozen=True, kw_only=True)
class ClockStart:
    """A promise begins. `started_at` is when the customer wrote, by the network."""

    ticket_id: int
    kind: ClockKind
    started_at: dt.datetime
    facts: TicketFacts


@dataclass(frozen=True, kw_only=True)
class ClockStop:
    """A reply or a resolve at `at`. `held_by_agent_id` is who the ticket was assigned to then."""

    ticket_id: int
    at: dt.datetime
    kinds: tuple[ClockKind, ...] = RESPONSES
    by_message_id: int | None = None
    by_agent_id: int | None = None
    held_by_agent_id: int | None = None


def start(starts: Sequence[ClockStart], *, at: dt.datetime) -> list[Clock]:
    """Start these clocks where they do not run yet, and return the new ones.

    1. A start later than `at`, when we heard of it, is taken to be at `at`.
    2. A next response does not start while the first one is still owed: it is the same turn.
    3. A running clock is never restarted; nor a first response or resolution that has stopped.
    4. A start that is earlier than that of the clock already there moves that one back: the message was late,
       and clocks do not depend on the order in which messages come.
    """
    if not starts:
        return []
    book = policies.book_of({one.facts.brand_id for one in starts}, at=at)
    asked = _earliest(starts)
    started = _start_missing([one for one in asked if one.kind is not ClockKind.NEXT_RESPONSE], book, at=at)
    turns = _without_first_response([one for one in asked if one.kind is ClockKind.NEXT_RESPONSE])
    return started + _start_missing(turns, book, at=at)


def stop(
    ticket_id: int,
    kinds: Iterable[ClockKind] = RESPONSES,
    *,
    at: dt.datetime,
    by_message_id: int | None = None,
    by_agent_id: int | None = None,
    held_by_agent_id: int | None = None,
) -> list[Clock]:
    """`stop_many` for one reply or resolve."""
    one = ClockStop(
        ticket_id=ticket_id,
        at=at,
        kinds=tuple(kinds),
        by_message_id=by_message_id,
        by_agent_id=by_agent_id,
        held_by_agent_id=held_by_agent_id,
    )
    return stop_many([one])


def stop_many(stops: Sequence[ClockStop]) -> list[Clock]:
    """Stop each clock that ran at the instant of a reply or resolve, and return those stopped.

    A reply stops only what began by its instant: what a customer wrote after it is still unanswered. A reply that we
    hear of late, sent before the one that stopped a response, takes its place.
    """
    if not stops:
        return []
    concerned = queries.lock_running_or_stopped_after({one.ticket_id for one in stops}, min(one.at for one in stops))
    kept = ClocksInHand.load(concerned)
    stopped = [
        _stop(kept, clock, one)
        for one in sorted(stops, key=lambda one: one.at)
        for clock in concerned
        if _stops(one, clock)
    ]
    db.session.flush()
    return list(dict.fromkeys(stopped))


def revoke_stop(message_id: int, *, at: dt.datetime, next_reply: ClockStop | None = None) -> list[Clock]:
    """Take back what a message stopped: it was undone, cancelled, or failed for good.

    The clock runs again with its old start and due time. Where we had replied again, `next_reply`, the first reply
    after it in this episode, stops the clock in its place. A next response that began in between would have been the
    same turn: it is superseded, and the clock takes over its stop, if it has one. Calling it again changes nothing.
    """
    tickets = queries.ticket_ids_stopped_by(message_id)
    live = queries.lock_not_superseded(tickets) if tickets else []
    kept = ClocksInHand.load(live)
    revoked = [clock for clock in live if clock.stopped_by_message_id == message_id]
    for clock in revoked:
        instead = _next_stop(clock, live, kept, next_reply=next_reply, at=at)
        kept.run_again(clock, at=at)
        if instead is not None:
            _stop(kept, clock, instead)
    db.session.flush()
    return revoked


def pause(ticket_ids: Collection[int], *, at: dt.datetime, reason: PauseReason) -> list[Clock]:
    """The tickets are now pending, or snoozed: pause each running clock whose policy says so.

    One that is paused for the other reason runs on from `at`, if its policy does not pause for this one.
    """
    running = queries.lock_running(ticket_ids)
    kept = ClocksInHand.load(running)
    moved = [clock for clock in running if kept.pause(clock, at=at, reason=reason)]
    db.session.flush()
    return moved


def resume(ticket_ids: Collection[int], *, at: dt.datetime) -> list[Clock]:
    """`resume_each` for tickets that are open again at the same instant."""
    return resume_each(dict.fromkeys(ticket_ids, at))


def resume_each(instants: Mapping[int, dt.datetime]) -> list[Clock]:
    """Tickets, by id, are open again at these instants: due times move by the paused open time."""
    paused = [clock for clock in queries.lock_running(instants.keys()) if clock.paused_at is not None]
    kept = ClocksInHand.load(paused)
    for clock in paused:
        kept.end_pause(clock, at=instants[clock.ticket_id])
    db.session.flush()
    return paused


def continue_resolution(ticket_id: int, *, at: dt.datetime) -> list[Clock]:
    """`continue_resolutions` for one ticket."""
    return continue_resolutions({ticket_id: at})


def continue_resolutions(reopened: Mapping[int, dt.datetime]) -> list[Clock]:
    """Resolved tickets, by id, reopen at these instants: the same clock runs on, the time resolved was a pause."""
    resolved = queries.lock_stopped_resolutions(reopened.keys())
    kept = ClocksInHand.load(resolved)
    for clock in resolved:
        kept.run_on(clock, at=reopened[clock.ticket_id])
    db.session.flush()
    return list(resolved)


def _earliest(starts: Sequence[ClockStart]) -> list[ClockStart]:
    """One start for each ticket and kind."""
    earliest: dict[tuple[int, ClockKind], ClockStart] = {}
    for one in sorted(starts, key=lambda one: one.started_at):
        earliest.setdefault((one.ticket_id, one.kind), one)
    return [earliest[key] for key in sorted(earliest)]


def _without_first_response(turns: Sequence[ClockStart]) -> list[ClockStart]:
    running = queries.running_clocks([one.ticket_id for one in turns]) if turns else {}
    return [
        one
        for one in turns
        if all(clock.kind is not ClockKind.FIRST_RESPONSE for clock in running.get(one.ticket_id, ()))
    ]


def _start_missing(starts: Sequence[ClockStart], book: PolicyBook, *, at: dt.datetime) -> list[Clock]:
    if not starts:
        return []
    new = _insert_new([row_of(one, book.choose(one.facts), at=at) for one in starts])
    there = {(clock.ticket_id, clock.kind) for clock in new}
    _move_back({(one.ticket_id, one.kind): min(one.started_at, at) for one in starts}, but=there)
    return list(new)


def _insert_new(rows: Sequence[Json]) -> Sequence[Clock]:
    """Insert these rows but those that an index refuses; the ones that were new."""
    statement = insert_of(Clock, rows).on_conflict_do_nothing().returning(Clock)
    return db.session.scalars(statement, arrays_of(rows)).all()


def row_of(one: ClockStart, chosen: ChosenPolicy, *, at: dt.datetime) -> Json:
    started_at = min(one.started_at, at)
    target_seconds = chosen.promise.target_seconds(one.kind)
    due_at, next_warn_at = timed(started_at, target_seconds, chosen.promise, [], [])
    return {
        "ticket_id": one.ticket_id,
        "kind": one.kind,
        "policy_version_id": chosen.promise.policy_version_id,
        "calendar_version_id": chosen.promise.calendar_version_id,
        "matched": chosen.matched,
        "target_seconds": target_seconds,
        "started_at": started_at,
        "due_at": due_at,
        "next_warn_at": next_warn_at,
    }


def _move_back(starts: Mapping[tuple[int, ClockKind], dt.datetime], *, but: set[tuple[int, ClockKind]]) -> None:
    there = {key: started_at for key, started_at in starts.items() if key not in but}
    if not there:
        return
    live = queries.lock_not_superseded({ticket_id for ticket_id, _ in there})
    late = [
        clock
        for clock in live
        if _may_begin_at(there.get((clock.ticket_id, clock.kind), clock.started_at), clock, live)
    ]
    kept = ClocksInHand.load(late)
    for clock in late:
        clock.started_at = there[clock.ticket_id, clock.kind]
        kept.retime(clock)
    db.session.flush()


def _may_begin_at(started_at: dt.datetime, clock: Clock, live: Sequence[Clock]) -> bool:
    """Whether the clock is to be moved back to this start; a turn does not reach back over an earlier reply."""
    if clock.kind is not ClockKind.NEXT_RESPONSE:
        return started_at < clock.started_at
    replies = [
        other.stopped_at
        for other in live
        if other.ticket_id == clock.ticket_id and other.kind in RESPONSES and other.stopped_at is not None
    ]
    return clock.is_running and max(replies, default=started_at) <= started_at < clock.started_at


def _stop(kept: ClocksInHand, clock: Clock, one: ClockStop) -> Clock:
    return kept.stop(
        clock,
        at=one.at,
        by_message_id=one.by_message_id,
        by_agent_id=one.by_agent_id,
        held_by_agent_id=one.held_by_agent_id,
    )


def _stops(one: ClockStop, clock: Clock) -> bool:
    if clock.ticket_id != one.ticket_id or clock.kind not in one.kinds or clock.started_at > one.at:
        return False
    return clock.stopped_at is None or (clock.kind in RESPONSES and clock.stopped_at > one.at)


def _next_stop(
    clock: Clock, live: Sequence[Clock], kept: ClocksInHand, *, next_reply: ClockStop | None, at: dt.datetime
) -> ClockStop | None:
    """What stops a clock in place of the reply that is taken back; None when it runs again."""
    turn = _turn_after(clock, live)
    if next_reply is not None and (turn is None or next_reply.at <= turn.started_at):
        return next_reply
    return _merge(turn, kept, at=at) if turn is not None else None


def _turn_after(clock: Clock, live: Sequence[Clock]) -> Clock | None:
    """The first response interval of the same ticket that began once `clock` had stopped."""
    later = [
        other
        for other in live
        if other is not clock
        and other.ticket_id == clock.ticket_id
        and {clock.kind, other.kind} <= set(RESPONSES)
        and other.started_at >= stopped_at_of(clock)
        and other.superseded_at is None
    ]
    return min(later, key=lambda other: other.started_at, default=None)


def _merge(turn: Clock, kept: ClocksInHand, *, at: dt.datetime) -> ClockStop | None:
    """End an interval that belongs to the one before it; its stop, if it had one."""
    if turn.paused_at is not None:
        kept.end_pause(turn, at=at)
    turn.superseded_at = at
    # The index allows one running interval of a kind, so this one has to be out of the way first.
    db.session.flush()
    if turn.stopped_at is None:
        return None
    return ClockStop(
        ticket_id=turn.ticket_id,
        at=turn.stopped_at,
        by_message_id=turn.stopped_by_message_id,
        by_agent_id=turn.stopped_by_agent_id,
        held_by_agent_id=turn.held_by_agent_id,
    )
