"""Messages to which the network gives one instant, told apart by its own sequence.

X counts in milliseconds, and tells of two messages in any order. Within the millisecond we put them in the order of
the network's ids, a microsecond each, so that everything that reads by platform time reads them in order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from helpdesk.messaging import queries
from helpdesk.messaging.models import Message
from helpdesk.messaging.queries import Neighbour
from helpdesk.orm import db

NETWORKS_COUNT_IN = timedelta(milliseconds=1)


def tell_apart(placed: Sequence[tuple[int, datetime]]) -> list[tuple[int, int, datetime]]:
    """Order what shares its instant with these: (conversation, platform time) of messages just placed.

    What comes last of each instant: (conversation, message, its time). The conversations are locked by the caller.
    """
    if not placed:
        return []
    instants: dict[tuple[int, datetime], list[Neighbour]] = defaultdict(list)
    for one in queries.messages_at({(conversation, _floored(at)) for conversation, at in placed}, NETWORKS_COUNT_IN):
        instants[one.conversation_id, _floored(one.platform_time)].append(one)
    shared = {key: together for key, together in instants.items() if len(together) > 1}
    new_times = {
        message_id: at for (_, instant), together in shared.items() for message_id, at in _moves(instant, together)
    }
    if new_times:
        db.session.execute(
            update(Message), [{"id": message_id, "platform_time": at} for message_id, at in new_times.items()]
        )
    lasts = [(conversation, max(together, key=_sequence)) for (conversation, _), together in shared.items()]
    return [(conversation, last.id, new_times.get(last.id, last.platform_time)) for conversation, last in lasts]


def _moves(instant: datetime, together: Sequence[Neighbour]) -> Iterator[tuple[int, datetime]]:
    in_order = sorted(together, key=_sequence)
    if in_order == sorted(together, key=lambda one: (one.platform_time, one.id)):
        return
    for place, one in enumerate(in_order):
        yield one.id, instant + place * timedelta(microseconds=1)


def _sequence(one: Neighbour) -> tuple[int, str]:
    """Ids grow: a longer number is a larger one."""
    external_id = one.external_id or ""
    return len(external_id), external_id


def _floored(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
