"""The states of a delivery and the one table of moves between them (behaviour.md 4)."""

from enum import StrEnum

from helpdesk.errors import InvalidTransition


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


_S = DeliveryState

ON_ITS_WAY_UP = (_S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.READ)
"""What the network says after it took the message; it only moves to the right."""

UNSETTLED = (_S.QUEUED, _S.SENDING, _S.FAILED, _S.UNKNOWN)
"""What holds up those behind it in its conversation, until an agent sends past it."""

MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.FAILED}),
    # Back to queued only when the request certainly never left; a lease that ran out becomes unknown.
    _S.SENDING: frozenset({*ON_ITS_WAY_UP, _S.QUEUED, _S.FAILED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({*ON_ITS_WAY_UP, _S.QUEUED, _S.FAILED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED, *ON_ITS_WAY_UP}),
    _S.ACCEPTED: frozenset({_S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ, _S.FAILED}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.READ: frozenset(),
    _S.CANCELLED: frozenset(),
}


def may_move(state: str, to: DeliveryState) -> bool:
    return to in MOVES[DeliveryState(state)]


def check_move(state: str, to: DeliveryState) -> None:
    """Raises InvalidTransition when the table has no such move."""
    if not may_move(state, to):
        raise InvalidTransition(f"a delivery that is {state} cannot become {to}")
