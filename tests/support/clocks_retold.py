"""What a ticket's clocks must be, told anew from its messages and its event log alone.

Messages are read in the order in which the desk came to know them, which within a conversation is that of their ids.
It knows nothing of how clocks are kept; it knows the rules (behaviour.md 2): a turn begins at the customer's time, or
when we heard of it if we had answered meanwhile, and never before that answer; a reply ends it; a reply that never
arrived ended nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message of an episode. `has_failed`: the log says that it was not delivered."""

    id: int
    is_ours: bool
    sent_at: datetime
    heard_at: datetime
    has_failed: bool = False


@dataclass(frozen=True, order=True)
class Interval:
    kind: str
    started_at: datetime
    stopped_at: datetime | None
    stopped_by: int | None


def retold(said: Iterable[Said]) -> list[Interval]:
    """The intervals of one episode without pauses or reopening, in order of start; the resolution last."""
    in_order = sorted(said, key=lambda one: one.id)
    turns = _turns(in_order)
    kinds = ["first_response"] + ["next_response"] * (len(turns) - 1)
    intervals = [Interval(kind, *turn) for kind, turn in zip(kinds, turns, strict=False)]
    theirs = [turn[0] for turn in turns]
    return [*intervals, Interval("resolution", min(theirs), None, None)] if theirs else []


def _turns(in_order: Sequence[Said]) -> list[tuple[datetime, datetime | None, int | None]]:
    turns: list[tuple[datetime, datetime | None, int | None]] = []
    waiting: datetime | None = None
    answered_at: datetime | None = None
    for one in in_order:
        if not one.is_ours:
            since = _since(one, answered_at)
            waiting = since if waiting is None else min(waiting, since)
            continue
        # That we had acted is so even where the reply did not arrive in the end.
        answered_at = max(one.sent_at, answered_at or one.sent_at)
        if one.has_failed:
            continue
        if waiting is not None:
            turns.append((waiting, one.sent_at, one.id))
            waiting = None
        elif turns and turns[-1][0] <= one.sent_at < (turns[-1][1] or one.sent_at):
            # Submitted before the one that ended the turn, and stored after it: two agents at once.
            turns[-1] = (turns[-1][0], one.sent_at, one.id)
    if waiting is not None:
        turns.append((waiting, None, None))
    return turns


def _since(one: Said, answered_at: datetime | None) -> datetime:
    if answered_at is None or one.sent_at > answered_at:
        return one.sent_at
    # It was on its way to us when we answered, and filed after it: a turn begins after the one before has ended.
    return max(one.heard_at, answered_at + AN_INSTANT)
