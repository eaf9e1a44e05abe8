"""The small moves on one clock that a verb has locked, where its pauses and its promise count."""

import datetime as dt
from collections.abc import Collection, Sequence

from helpdesk.orm import Json, db
from helpdesk.sla import policies, queries, timing
from helpdesk.sla.models import Clock, ClockKind, ClockPause, PauseReason
from helpdesk.sla.policies import Promise


class ClocksInHand:
    """Clocks in hand with their pauses and promises, loaded in two statements, and the small moves on one of them."""

    def __init__(self, pauses: dict[int, list[ClockPause]], promises: dict[int | None, Promise]) -> None:
        self.pauses = pauses
        self.promises = promises

    @classmethod
    def load(cls, clocks: Collection[Clock]) -> "ClocksInHand":
        if not clocks:
            return cls({}, {})
        return cls(
            queries.pauses_of([clock.id for clock in clocks]),
            policies.promises_of({clock.policy_version_id for clock in clocks}),
        )

    def retime(self, clock: Clock) -> None:
        """Set anew what follows from the start, the target and the finished pauses."""
        promise = self.promises[clock.policy_version_id]
        values = timed(clock.started_at, clock.target_seconds, promise, self._spans(clock), clock.warned)
        clock.due_at, clock.next_warn_at = values
        if clock.stopped_at is not None:
            clock.business_seconds = self._run_time(clock, clock.stopped_at)

    def tell_as(self, clock: Clock, kind: ClockKind) -> None:
        """It turned out to be a response of the other kind: the same policy's promise for that one holds."""
        clock.kind = kind
        clock.target_seconds = self.promises[clock.policy_version_id].target_seconds(kind)
        self.retime(clock)

    def stop(
        self,
        clock: Clock,
        *,
        at: dt.datetime,
        by_message_id: int | None,
        by_agent_id: int | None,
        held_by_agent_id: int | None,
    ) -> Clock:
        if clock.paused_at is not None:
            self.end_pause(clock, at=at)
        clock.stopped_at = at
        clock.stopped_by_message_id = by_message_id
        clock.stopped_by_agent_id = by_agent_id
        # Who held it when it fell due stays: being late happened to them.
        if clock.breach_fired_at is None or clock.held_by_agent_id is None:
            clock.held_by_agent_id = held_by_agent_id
        clock.business_seconds = self._run_time(clock, at)
        return clock

    def run_again(self, clock: Clock, *, at: dt.datetime) -> None:
        """Undo the stop, and keep a note of it."""
        clock.revoked_stops = [*clock.revoked_stops, _note_of_stop(clock, at=at)]
        _forget_stop(clock)

    def run_on(self, clock: Clock, *, at: dt.datetime) -> None:
        """Undo the stop, and count the time since as a pause."""
        stopped_at = stopped_at_of(clock)
        self._add_pause(clock, since=stopped_at, until=max(at, stopped_at), reason=PauseReason.RESOLVED)
        _forget_stop(clock)
        self.retime(clock)

    def pause(self, clock: Clock, *, at: dt.datetime, reason: PauseReason) -> bool:
        """Whether this moved the clock."""
        is_to_pause = reason in self.promises[clock.policy_version_id].pauses_while
        open_pause = self._open_pause(clock)
        if open_pause is not None and (open_pause.reason is reason and is_to_pause):
            return False
        if open_pause is not None:
            self.end_pause(clock, at=at)
        if is_to_pause:
            clock.paused_at = max([at, clock.started_at, *(ended for _, ended in self._spans(clock))])
            self._add_pause(clock, since=clock.paused_at, until=None, reason=reason)
        return is_to_pause or open_pause is not None

    def end_pause(self, clock: Clock, *, at: dt.datetime) -> None:
        pause = self._open_pause(clock)
        if pause is not None:
            pause.ended_at = max(at, pause.started_at)
        clock.paused_at = None
        self.retime(clock)

    def forget_stop(self, clock: Clock) -> None:
        """It turned out not to have stopped then."""
        _forget_stop(clock)
        self.retime(clock)

    def cut_pauses(self, clock: Clock, *, at: dt.datetime) -> None:
        """It turned out that no pause lasted longer than until then."""
        for pause in list(self.pauses[clock.id]):
            if pause.started_at > at:
                self.pauses[clock.id].remove(pause)
                db.session.delete(pause)
            elif pause.ended_at is not None and pause.ended_at > at:
                pause.ended_at = at

    def _spans(self, clock: Clock) -> list[timing.Span]:
        return timing.finished(self.pauses[clock.id])

    def _run_time(self, clock: Clock, until: dt.datetime) -> float:
        hours = self.promises[clock.policy_version_id].hours
        return timing.run_time(clock.started_at, until, hours, self._spans(clock)).total_seconds()

    def _open_pause(self, clock: Clock) -> ClockPause | None:
        return next((pause for pause in self.pauses[clock.id] if pause.ended_at is None), None)

    def _add_pause(self, clock: Clock, *, since: dt.datetime, until: dt.datetime | None, reason: PauseReason) -> None:
        pause = ClockPause(clock_id=clock.id, started_at=since, ended_at=until, reason=reason)
        self.pauses[clock.id].append(pause)
        db.session.add(pause)


def timed(
    started_at: dt.datetime,
    target_seconds: int | None,
    promise: Promise,
    pauses: Sequence[timing.Span],
    warned: Collection[float],
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(due_at, next_warn_at) of such a clock; both None without a target."""
    if target_seconds is None:
        return None, None
    target = dt.timedelta(seconds=target_seconds)
    left = [fraction for fraction in promise.warn_fractions if fraction not in warned]
    warnings = timing.warnings(started_at, target, left, promise.hours, pauses)
    return timing.due_after(started_at, target, promise.hours, pauses), warnings[0][1] if warnings else None


def stopped_at_of(clock: Clock) -> dt.datetime:
    if clock.stopped_at is None:
        raise ValueError(f"clock {clock.id} has not stopped")
    return clock.stopped_at


def _note_of_stop(clock: Clock, *, at: dt.datetime) -> Json:
    return {
        "stopped_at": stopped_at_of(clock).isoformat(),
        "message_id": clock.stopped_by_message_id,
        "revoked_at": at.isoformat(),
    }


def _forget_stop(clock: Clock) -> None:
    clock.stopped_at = clock.stopped_by_message_id = clock.stopped_by_agent_id = clock.business_seconds = None
    if clock.breach_fired_at is None:
        clock.held_by_agent_id = None
