"""Where a network calls us: our webhook there, made, checked, watched and taken away.

The calls are made outside of any transaction; what came of them is kept on the account's link.
"""

from dataclasses import dataclass

from config import Settings
from helpdesk.channels.port import Channel, SendFailed
from helpdesk.channels.registration import ChannelWithWebhooks, RegisteredWebhook
from helpdesk.errors import InvalidInput
from helpdesk.messaging import calling, history, history_queries, queries
from helpdesk.messaging.models import ChannelAccount, ChannelLink
from helpdesk.orm import db
from helpdesk.transaction import transaction

GONE = "The network no longer has our webhook. Connect again."
INVALID = "The network called our address and did not get the right answer; it tells us nothing until it does."


@dataclass(frozen=True, kw_only=True)
class Connected:
    webhook: RegisteredWebhook
    events: tuple[str, ...]
    """What the network tells us from now on, in its own names."""


def address_of(account: ChannelAccount, settings: Settings) -> str:
    """Where the network is to call for this account."""
    return f"{settings.public_url}/webhooks/{account.network}/{account.id}"


def connect(account: ChannelAccount, settings: Settings) -> Connected:
    """Have the network call us, and read what we missed. Raises InvalidInput with words for the person.

    1. Find the webhook of our address, or register it; the network checks the address, which web must answer.
    2. Have an invalid one checked again.
    3. Subscribe the account's events.
    """
    account_id, url = account.id, address_of(account, settings)
    try:
        connected = calling.ask(account_id, settings, lambda channel: _connect(_with_webhooks(channel), url))
    except SendFailed as error:
        _note(account_id, None, words=error.reason)
        raise InvalidInput(error.reason) from error
    _note(account_id, connected.webhook, words="" if connected.webhook.is_valid else INVALID, is_new=True)
    if not connected.webhook.is_valid:
        raise InvalidInput(INVALID)
    return connected


def _connect(channel: ChannelWithWebhooks, url: str) -> Connected:
    known = next((webhook for webhook in channel.webhooks() if webhook.url == url), None)
    webhook = known or channel.register_webhook(url)
    if not webhook.is_valid:
        webhook = RegisteredWebhook(id=webhook.id, url=url, is_valid=channel.check_webhook(webhook.id))
    return Connected(webhook=webhook, events=channel.subscribe(webhook.id))


def disconnect(account: ChannelAccount, settings: Settings) -> None:
    """Have the network call us no more. Raises InvalidInput with words for the person."""
    account_id, url = account.id, address_of(account, settings)
    try:
        calling.ask(account_id, settings, lambda channel: _disconnect(_with_webhooks(channel), url))
    except SendFailed as error:
        raise InvalidInput(error.reason) from error
    _note(account_id, None, words="", is_new=True)


def _disconnect(channel: ChannelWithWebhooks, url: str) -> None:
    for webhook in channel.webhooks():
        if webhook.url == url:
            channel.forget_webhook(webhook.id)


def registered(account: ChannelAccount, settings: Settings) -> list[RegisteredWebhook]:
    """All webhooks that the app has at the network. Raises InvalidInput with words for the person."""
    try:
        return calling.ask(account.id, settings, lambda channel: _with_webhooks(channel).webhooks())
    except SendFailed as error:
        raise InvalidInput(error.reason) from error


def watch(account_id: int, settings: Settings) -> None:
    """See that our webhook is there and valid; have an invalid one checked, and what was missed then read."""
    link = history_queries.link(account_id)
    webhook_id = link.webhook_id if link is not None else ""
    try:
        webhook, was_valid = calling.ask(
            account_id, settings, lambda channel: _watched(_with_webhooks(channel), webhook_id)
        )
    except SendFailed as error:
        _note_watched(account_id, error.reason)
        return
    if webhook is None:
        _note(account_id, None, words=GONE)
    else:
        _note(account_id, webhook, words="" if webhook.is_valid else INVALID, is_new=webhook.is_valid and not was_valid)


def _watched(channel: ChannelWithWebhooks, webhook_id: str) -> tuple[RegisteredWebhook | None, bool]:
    webhook = next((w for w in channel.webhooks() if w.id == webhook_id), None)
    if webhook is None or webhook.is_valid:
        return webhook, True
    return RegisteredWebhook(id=webhook.id, url=webhook.url, is_valid=channel.check_webhook(webhook.id)), False


def _with_webhooks(channel: Channel) -> ChannelWithWebhooks:
    if not isinstance(channel, ChannelWithWebhooks):
        raise InvalidInput("This network needs no webhook.")
    return channel


def _note(account_id: int, webhook: RegisteredWebhook | None, *, words: str, is_new: bool = False) -> None:
    """Keep how it stands; `is_new`: from now on it is otherwise than before, so that something may have been missed."""
    with transaction():
        link: ChannelLink = history.ensure_link(account_id)
        if webhook is not None or is_new:
            link.webhook_id = webhook.id if webhook is not None else ""
        link.webhook_is_valid = webhook is not None and webhook.is_valid
        link.webhook_words, link.webhook_checked_at = words[:500], queries.database_time()
        if is_new and webhook is not None:
            history.ask_for(account_id)
        db.session.flush()


def _note_watched(account_id: int, words: str) -> None:
    """It could not be seen: that says nothing of the webhook."""
    with transaction():
        link = history.ensure_link(account_id)
        link.webhook_words, link.webhook_checked_at = words[:500], queries.database_time()
