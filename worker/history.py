"""The history job: read the network's own record of an account."""

from flask import current_app

from config import Settings
from helpdesk import bells
from helpdesk.channels.history import ChannelWithHistory
from helpdesk.channels.port import Channel, SendFailed
from helpdesk.messaging import history, queries
from helpdesk.messaging.models import ChannelAccount
from helpdesk.orm import db
from helpdesk.transaction import transaction
from worker import access
from worker.stopping import is_asked_to_stop


def read_waiting(account_id: int) -> None:
    """Read all pages that are due and within the network's limits."""
    bells.take_down(bells.HISTORY, account_id)
    while not is_asked_to_stop() and _read_page(account_id):
        pass


def _read_page(account_id: int) -> bool:
    """Claim (commit), read, keep (commit); whether there is another page."""
    with transaction():
        claimed = history.claim_page(db.session.get_one(ChannelAccount, account_id), at=queries.database_time())
    if claimed is None:
        return False
    try:
        page = access.call(
            account_id,
            _settings(),
            lambda channel: _with_history(channel).read_history(
                cursor=claimed.cursor, token=claimed.token, limit=claimed.limit
            ),
        )
    except SendFailed as error:
        with transaction():
            history.note_failed(claimed, error, at=queries.database_time())
        return False
    with transaction():
        return history.keep_page(claimed, page, at=queries.database_time())


def _with_history(channel: Channel) -> ChannelWithHistory:
    assert isinstance(channel, ChannelWithHistory)
    return channel


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
