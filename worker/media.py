"""The media job: fetch what customers sent, with the account's authorisation, and keep it."""

from flask import current_app

from helpdesk import bells
from helpdesk.channels.port import ChannelError
from helpdesk.messaging import calling, media, queries
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.notices import ticket_changed
from helpdesk.transaction import transaction
from worker.turns import Turn


def fetch_waiting(account_id: int) -> None:
    """Fetch every medium of this account that is due for a try, one commit each."""
    turn = Turn(bells.MEDIA, account_id)
    while turn.goes_on() and _fetch_one(account_id):
        pass
    turn.end()


def _fetch_one(account_id: int) -> bool:
    with transaction():
        claimed = media.claim_waiting(account_id, at=queries.database_time())
    if claimed is None:
        return False
    file_id, source_url = claimed
    try:
        fetched = calling.ask(account_id, current_app.config["SETTINGS"], lambda channel: channel.fetch(source_url))
    except ChannelError as error:
        with transaction():
            conversation_ids = media.note_fetch_failed(file_id, error, at=queries.database_time())
            _tell(conversation_ids)
        return True
    with transaction():
        _tell(media.keep_fetched(file_id, fetched, current_app.config["SETTINGS"]))
    return True


def _tell(conversation_ids: list[int]) -> None:
    for ticket in ticket_queries.latest_tickets(conversation_ids):
        ticket_changed(ticket)
