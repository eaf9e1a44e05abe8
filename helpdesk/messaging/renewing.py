"""Access that a network lets end: renewed before that, once for all who ask at the same time."""

from datetime import datetime, timedelta

from config import Settings
from helpdesk.channels.access import ChannelWithRenewal
from helpdesk.channels.port import Channel
from helpdesk.messaging import queries
from helpdesk.messaging.connecting import open_account
from helpdesk.messaging.credentials import seal, unseal
from helpdesk.messaging.models import ChannelAccount
from helpdesk.orm import db

SOON = timedelta(minutes=5)
"""Access that ends within this is renewed before it is used."""


def ends_soon(channel: Channel, *, at: datetime) -> bool:
    return isinstance(channel, ChannelWithRenewal) and channel.may_renew and channel.ends_before(at + SOON)


def may_renew(channel: Channel) -> bool:
    return isinstance(channel, ChannelWithRenewal) and channel.may_renew


def renew_access(account_id: int, *, seen: Channel, settings: Settings, at: datetime) -> None:
    """Renew the access that `seen` has, unless somebody was faster; the caller commits, which ends our turn.

    The network voids the old refresh token as it gives the new one, so this is the one call that others wait for:
    two at once would lose the account. Raises SendFailed: auth where the network refuses for good.
    """
    queries.take_turns_renewing(account_id)
    account = db.session.get_one(ChannelAccount, account_id, populate_existing=True)
    channel = open_account(account, settings)
    if not isinstance(channel, ChannelWithRenewal) or not isinstance(seen, ChannelWithRenewal):
        return
    if channel.access_mark != seen.access_mark:
        return
    renewed = channel.renew_access(at=at)
    account = db.session.get_one(
        ChannelAccount, account_id, populate_existing=True, with_for_update={"key_share": True}
    )
    now_kept = unseal(account.credentials, settings.secret_key)
    account.credentials = seal(now_kept | dict(renewed.credentials), settings.secret_key)
