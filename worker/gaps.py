"""Whether networks could reach us: after an absence every record is read, since webhooks may have been lost."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from config import Settings
from helpdesk.channels import http
from helpdesk.channels.port import SendFailed
from helpdesk.messaging import history, queries
from helpdesk.orm import db
from helpdesk.tickets.models import PeriodicRun
from helpdesk.transaction import transaction

ABSENT_AFTER = timedelta(minutes=2)
"""X gives a call up after some five minutes of trying; a shorter absence loses nothing."""

_REACHED = "web reached"


def look(settings: Settings) -> bool:
    """Note that our address answers, as networks call it; True when it had not for a while.

    It stays silent when web is down, and also when we are: nobody notes anything then.
    """
    if not _answers(f"{settings.public_url}/healthz"):
        return False
    with transaction():
        at = queries.database_time()
        was_away = (
            db.session.execute(
                update(PeriodicRun)
                .where(PeriodicRun.name == _REACHED, PeriodicRun.last_at < at - ABSENT_AFTER)
                .values(last_at=at)
                .returning(PeriodicRun.name)
            ).one_or_none()
            is not None
        )
        if was_away:
            history.ask_for_all()
        else:
            now = insert(PeriodicRun).values(name=_REACHED, last_at=at)
            db.session.execute(now.on_conflict_do_update(index_elements=["name"], set_={"last_at": at}))
    return was_away


def _answers(url: str) -> bool:
    try:
        # Our own address, which on one machine is a private one.
        return http.ask(http.Call(method="GET", url=url, allow_private_addresses=True)).is_success
    except SendFailed:
        return False
