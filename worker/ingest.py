"""The ingest job: take in the raw events of one channel account, hundreds in a transaction.

A batch that fails is split until the one bad event is alone; that one is set aside with its error, the rest go on.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from rq.timeouts import BaseTimeoutException
from sqlalchemy.exc import DBAPIError

from helpdesk import bells, clock
from helpdesk.channels.history import ChannelWithHistory
from helpdesk.channels.port import Channel, InboundEvent, UnreadablePayload
from helpdesk.messaging import queries
from helpdesk.messaging.connecting import open_account
from helpdesk.messaging.inbound import settle_events
from helpdesk.messaging.models import ChannelAccount, InboundState
from helpdesk.orm import db
from helpdesk.tickets.intake import take_in
from helpdesk.transaction import transaction
from worker.turns import Turn

logger = logging.getLogger(__name__)

BATCH = 400
"""Twice as many as before made a drain faster by a tenth; twice as many again, by nothing."""

_NOT_OF_THE_DATA = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rollback, resources, locks, operator, system."""


def drain(account_id: int) -> None:
    """Take in all that waits for this account; several at once do no harm."""
    turn = Turn(bells.INGEST, account_id)
    channel = open_account(db.session.get_one(ChannelAccount, account_id), current_app.config["SETTINGS"])
    while turn.goes_on() and _take_batch(account_id, channel, limit=BATCH):
        pass
    turn.end()


def _take_batch(account_id: int, channel: Channel, *, limit: int) -> bool:
    """Take in up to `limit` of the oldest raw events; False when there were none."""
    rows: Sequence[queries.WaitingEvent] = []
    try:
        with transaction():
            rows = queries.waiting_events(account_id, limit=limit)
            readable, unreadable = _read(rows, channel)
            take_in(db.session.get_one(ChannelAccount, account_id), readable)
            settle_events([row.id for row in rows if row.id not in unreadable], unreadable, at=clock.now())
        return bool(rows)
    except BaseTimeoutException:
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and _is_the_databases_own(error):
            raise
        if not rows:
            raise
        if limit > 1:
            return _take_halves(account_id, channel, limit=limit)
        _take_in_apart(account_id, channel, rows[0], error)
        return True


def _is_the_databases_own(error: DBAPIError) -> bool:
    """Whether the database went away, was busy or stopped us: then nothing is wrong with the events."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state[:2] in _NOT_OF_THE_DATA


def _take_halves(account_id: int, channel: Channel, *, limit: int) -> bool:
    """The batch held a bad event: go on in smaller steps until it stands alone, then as before."""
    took = False
    for _ in range(2):
        took = _take_batch(account_id, channel, limit=limit // 2) or took
    return took


def _read(
    rows: Sequence[queries.WaitingEvent], channel: Channel
) -> tuple[list[tuple[datetime, InboundEvent]], dict[int, str]]:
    """What the bodies say, in order, and the ids of those that cannot be read, with the reason."""
    events: list[tuple[datetime, InboundEvent]] = []
    unreadable: dict[int, str] = {}
    for row in rows:
        try:
            events.extend((row.received_at, event) for event in _events_of(row, channel))
        except UnreadablePayload as error:
            unreadable[row.id] = str(error)
    return events, unreadable


def _take_in_apart(account_id: int, channel: Channel, row: queries.WaitingEvent, error: Exception) -> None:
    """The bad event stands alone. Where it is one call with several, those in it that are good are taken in."""
    try:
        events, _ = _read([row], channel)
    except Exception:
        # The adapter itself breaks off at it: there is nothing to take apart.
        events = []
    errors = _take_what_can_be(account_id, events) if len(events) > 1 else []
    _set_aside(account_id, row.id, errors[0] if errors else error)


def _take_what_can_be(account_id: int, events: Sequence[tuple[datetime, InboundEvent]]) -> list[Exception]:
    """Take in these, but those that fail even alone; why they do."""
    try:
        with transaction():
            take_in(db.session.get_one(ChannelAccount, account_id), events)
    except BaseTimeoutException:
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and _is_the_databases_own(error):
            raise
        if len(events) == 1:
            return [error]
        half = len(events) // 2
        return _take_what_can_be(account_id, events[:half]) + _take_what_can_be(account_id, events[half:])
    return []


def _events_of(row: queries.WaitingEvent, channel: Channel) -> list[InboundEvent]:
    if row.is_backfilled and isinstance(channel, ChannelWithHistory):
        return channel.parse_history(row.body, received_at=row.received_at)
    return channel.parse(row.body, received_at=row.received_at)


def _set_aside(account_id: int, event_id: int, error: Exception) -> None:
    """Set aside the event that failed, by its id: the oldest that waits may by now be another, and good."""
    logger.exception("inbound event quarantined", extra={"account_id": account_id})
    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:500]
    with transaction():
        settle_events([], {event_id: reason}, at=clock.now(), as_state=InboundState.QUARANTINED)
