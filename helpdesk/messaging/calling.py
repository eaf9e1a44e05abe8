"""Calls to a network under access that may end: it is renewed shortly before, and once when the network says it has.

For jobs, commands and views alike, outside of any transaction of theirs: nothing is held open over the network.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from config import Settings
from helpdesk import clock
from helpdesk.channels.port import Channel, FailureClass, SendFailed
from helpdesk.messaging import renewing
from helpdesk.messaging.connecting import open_account
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.orm import db
from helpdesk.transaction import transaction

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


def open_lasting(account_id: int, settings: Settings) -> Channel:
    """The adapter with access that lasts for a while, if it can be had: else the call itself will tell."""
    channel = _open(account_id, settings)
    if not renewing.ends_soon(channel, at=clock.now()):
        return channel
    try:
        return renewed(account_id, channel, settings)
    except SendFailed as error:
        logger.warning("access not renewed", extra={"account_id": account_id, "reason": error.code})
        return channel


def renewed(account_id: int, seen: Channel, settings: Settings) -> Channel:
    """The adapter with new access in place of what `seen` has.

    Raises SendFailed: auth, which is kept as the account's health, or what may pass.
    """
    try:
        with transaction():
            renewing.renew_access(account_id, seen=seen, settings=settings, at=clock.now())
    except SendFailed as error:
        if error.failure is FailureClass.AUTH:
            note_access_lost(account_id, error.reason)
        raise
    return _open(account_id, settings)


def ask(account_id: int, settings: Settings, question: Callable[[Channel], Answer]) -> Answer:
    """What the network answers; access that it refuses is renewed once. Raises what `question` raises."""
    channel = open_lasting(account_id, settings)
    try:
        return question(channel)
    except SendFailed as error:
        if error.failure is not FailureClass.AUTH:
            raise
        if not renewing.may_renew(channel):
            note_access_lost(account_id, error.reason)
            raise
    channel = renewed(account_id, channel, settings)
    try:
        return question(channel)
    except SendFailed as error:
        if error.failure is FailureClass.AUTH:
            note_access_lost(account_id, error.reason)
        raise


def note_access_lost(account_id: int, reason: str) -> None:
    with transaction():
        account = db.session.get_one(ChannelAccount, account_id, with_for_update={"key_share": True})
        account.health, account.health_reason = Health.AUTH_LOST, reason


def _open(account_id: int, settings: Settings) -> Channel:
    # In a transaction that ends: none stays open over the call that follows.
    with transaction():
        return open_account(db.session.get_one(ChannelAccount, account_id, populate_existing=True), settings)
