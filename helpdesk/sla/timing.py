"""What one clock row says: when it is due, what to warn of next, how long it ran, whether it is late. Pure."""

import datetime as dt
from collections.abc import Sequence

from helpdesk.sla.calendar import BusinessHours, add, between
from helpdesk.sla.models import Clock, ClockPause

Span = tuple[dt.datetime, dt.datetime]


def is_breached(clock: Clock, at: dt.datetime) -> bool:
    """Whether the promise is broken, seen at `at`: it stopped, or still ran, after it was due.

    The instant of the breach is `clock.due_at`. A paused clock is as late as it was when the pause began,
    a superseded one as late as when another took its place.
    """
    return clock.due_at is not None and ran_until(clock, at) > clock.due_at


def ran_until(clock: Clock, at: dt.datetime) -> dt.datetime:
    """The last instant, not after `at`, up to which the clock ran."""
    ends = (clock.stopped_at, clock.paused_at, clock.superseded_at)
    return min([at, *(end for end in ends if end is not None)])


def due_after(
    started_at: dt.datetime, target: dt.timedelta, hours: BusinessHours | None, pauses: Sequence[Span]
) -> dt.datetime:
    """When `target` of open time has passed since `started_at`, moved by the open time of finished pauses.

    A pause that begins after that instant moves nothing: the time had run out by then. `pauses` are oldest first.
    """
    return _after(started_at, target, hours, pauses, is_over_at_once=False)


def _after(
    started_at: dt.datetime,
    target: dt.timedelta,
    hours: BusinessHours | None,
    pauses: Sequence[Span],
    *,
    is_over_at_once: bool,
) -> dt.datetime:
    """`is_over_at_once`: whether a pause that begins at the very instant comes too late to move it."""
    instant = add(started_at, target, hours)
    paused = dt.timedelta(0)
    for began, ended in pauses:
        if began > instant or (is_over_at_once and began == instant):
            break
        paused += between(began, ended, hours)
        instant = add(started_at, target + paused, hours)
    return instant


def run_time(
    started_at: dt.datetime, stopped_at: dt.datetime, hours: BusinessHours | None, pauses: Sequence[Span]
) -> dt.timedelta:
    """Open time from start to stop, less what lay in pauses."""
    paused = sum((between(began, min(ended, stopped_at), hours) for began, ended in pauses), dt.timedelta(0))
    return between(started_at, stopped_at, hours) - paused


def warnings(
    started_at: dt.datetime,
    target: dt.timedelta,
    fractions: Sequence[float],
    hours: BusinessHours | None,
    pauses: Sequence[Span],
) -> list[tuple[float, dt.datetime]]:
    """Each fraction of the target with the instant at which so much of it has run, earliest first.

    A warning is due at its instant, a breach only after it: what is paused just then had been warned.
    """
    return [
        (fraction, _after(started_at, target * fraction, hours, pauses, is_over_at_once=True))
        for fraction in sorted(fractions)
    ]


def finished(pauses: Sequence[ClockPause]) -> list[Span]:
    """The pauses that have ended, oldest first."""
    return sorted((pause.started_at, pause.ended_at) for pause in pauses if pause.ended_at is not None)
