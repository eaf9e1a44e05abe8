"""The history job: read the network's own record of an account, and look for what was sent without an answer."""

from flask import current_app

from config import Settings
from helpdesk import bells
from helpdesk.channels.history import ChannelWithHistory, HistoryPage
from helpdesk.channels.port import Channel, SendFailed
from helpdesk.messaging import calling, history, lookups, queries
from helpdesk.messaging.models import ChannelAccount
from helpdesk.orm import db
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.notices import ticket_changed
from helpdesk.transaction import transaction
from worker.turns import Turn


def read_waiting(account_id: int) -> None:
    """Look for unknown deliveries, then read all pages that are due and within the network's limits."""
    turn = Turn(bells.HISTORY, account_id)
    while turn.goes_on() and _look_up_one(account_id):
        pass
    while turn.goes_on() and _read_page(account_id):
        pass
    turn.end()


def _read_page(account_id: int) -> bool:
    """Claim (commit), read, keep (commit); whether there is another page."""
    with transaction():
        claimed = history.claim_page(db.session.get_one(ChannelAccount, account_id), at=queries.database_time())
    if claimed is None:
        return False
    try:
        page = calling.ask(
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


def _look_up_one(account_id: int) -> bool:
    """Claim (commit), look, keep (commit); whether there was anything to look for."""
    with transaction():
        claimed = lookups.claim(db.session.get_one(ChannelAccount, account_id), at=queries.database_time())
    if claimed is None:
        return False
    try:
        page = calling.ask(account_id, _settings(), lambda channel: _look(channel, claimed))
    except SendFailed as error:
        with transaction():
            lookups.note_failed(claimed, error, at=queries.database_time())
        return True
    with transaction():
        lookups.keep_answer(claimed, page, at=queries.database_time())
        for ticket in ticket_queries.latest_tickets([claimed.conversation_id]):
            ticket_changed(ticket)
    return True


def _look(channel: Channel, claimed: lookups.ClaimedLookup) -> HistoryPage:
    return _with_history(channel).read_conversation(
        claimed.conversation_key, with_external_id=claimed.customer_external_id, limit=lookups.HOW_MANY
    )


def _with_history(channel: Channel) -> ChannelWithHistory:
    assert isinstance(channel, ChannelWithHistory)
    return channel


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
