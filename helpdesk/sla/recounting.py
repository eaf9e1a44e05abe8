"""What a ticket's intervals must be, counted again from who said what when and from what the staff did. Pure.

It knows nothing of how clocks are moved, only the rules (behaviour.md 2): a turn begins with the customer's first
message that asks for something, when that counts; the next reply that arrived ends it; so does a resolve. The
resolution runs from the first turn to the last resolve.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from helpdesk.sla.models import ClockKind


class Deed(StrEnum):
    """What can move an interval, in the order in which it counts where instants are equal."""

    ASKED = "asked"
    REPLIED = "replied"
    REPLIED_IN_VAIN = "replied in vain"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True, kw_only=True)
class Happened:
    """`message_id` is of what was said; a resolve or a reopening has none. `agent_id` is who did it, where we know.

    `heard_at` is when we heard what was asked. `revoked_at` is when it was known that a reply was in vain: until then
    the staff took the customer as answered.
    """

    at: datetime
    deed: Deed
    message_id: int | None = None
    agent_id: int | None = None
    heard_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, order=True)
class Counted:
    """One interval; `stopped_at` None: it still runs.

    `message_id` is the reply that ended it, `agent_id` who on the staff did: None where the brand's own app did.
    """

    kind: ClockKind
    started_at: datetime
    stopped_at: datetime | None = None
    message_id: int | None = None
    agent_id: int | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        ended = "still running" if self.stopped_at is None else f"until {self.stopped_at:%Y-%m-%d %H:%M:%S}"
        by = f" by message {self.message_id}" if self.message_id else ""
        return f"{self.kind.value.replace('_', ' ')} from {self.started_at:%Y-%m-%d %H:%M:%S} {ended}{by}"


def recount(happened: Sequence[Happened]) -> list[Counted]:
    """The intervals of one ticket, in order."""
    told = _with_what_was_kept(happened)
    in_order = sorted(told, key=lambda one: (one.at, list(Deed).index(one.deed), one.message_id or 0))
    found = list(_turns(in_order))
    if found:
        started_at = min(turn.started_at for turn in found)
        found.append(Counted(kind=ClockKind.RESOLUTION, started_at=started_at, stopped_at=_resolved_at(in_order)))
    return sorted(found, key=lambda one: (one.started_at, one.kind))


def _with_what_was_kept(happened: Sequence[Happened]) -> list[Happened]:
    """A reply whose failure opened nothing again, because the ticket was closed by then, was an answer all the same."""
    moves = [one for one in happened if one.deed in (Deed.RESOLVED, Deed.REOPENED)]

    def was_over(at: datetime | None) -> bool:
        before = [(one.at, one.deed is Deed.REOPENED) for one in moves if at is not None and one.at <= at]
        return bool(before) and not max(before)[1]

    return [
        replace(one, deed=Deed.REPLIED) if one.deed is Deed.REPLIED_IN_VAIN and was_over(one.revoked_at) else one
        for one in happened
    ]


def _turns(in_order: Sequence[Happened]) -> Iterator[Counted]:
    waiting: datetime | None = None
    kind = ClockKind.FIRST_RESPONSE
    in_vain: Happened | None = None
    was_undone = False
    for one in in_order:
        match one.deed:
            case Deed.ASKED:
                waiting = waiting or one.at
            case Deed.REPLIED_IN_VAIN:
                in_vain = one
            case Deed.RESOLVED if in_vain is not None and _is_believed_at(one.at, in_vain, in_order):
                # Resolved with a reply that then failed, and so opened again: the turn runs on from its old start.
                was_undone = True
            case Deed.REPLIED | Deed.RESOLVED:
                if waiting is not None:
                    yield Counted(
                        kind=kind,
                        started_at=waiting,
                        stopped_at=one.at,
                        message_id=one.message_id,
                        agent_id=one.agent_id,
                    )
                waiting, was_undone = None, False
                # Only what has been answered, or opened again, has a next response.
                kind = ClockKind.NEXT_RESPONSE if one.deed is Deed.REPLIED else kind
            case Deed.REOPENED:
                kind = kind if was_undone else ClockKind.NEXT_RESPONSE
                was_undone = False
    if waiting is not None:
        yield Counted(kind=kind, started_at=waiting)


def _is_believed_at(at: datetime, reply: Happened, happened: Sequence[Happened]) -> bool:
    """Whether the staff took the customer as answered by it: not known to be in vain, and nothing heard since."""
    if reply.revoked_at is None or reply.revoked_at <= at:
        return False
    return not any(one.heard_at is not None and reply.at < one.heard_at <= at for one in happened)


def _resolved_at(in_order: Sequence[Happened]) -> datetime | None:
    """The last resolve, unless the ticket was opened again after it."""
    moves = [one for one in in_order if one.deed in (Deed.RESOLVED, Deed.REOPENED)]
    return moves[-1].at if moves and moves[-1].deed is Deed.RESOLVED else None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`counted`: what the messages say and no row has; `stored`: what a row says and the messages do not."""

    counted: Sequence[Counted]
    stored: Sequence[Counted]

    @property
    def words(self) -> str:
        missing = [f"by its messages {one.words}" for one in self.counted]
        surplus = [f"stored {one.words}" for one in self.stored]
        return "; ".join([*missing, *surplus])


def compare(counted: Sequence[Counted], stored: Sequence[Counted]) -> Difference | None:
    """None where both say the same."""
    missing = [one for one in counted if one not in stored]
    surplus = [one for one in stored if one not in counted]
    return Difference(counted=missing, stored=surplus) if missing or surplus else None
