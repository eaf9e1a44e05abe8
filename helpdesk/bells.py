"""Doorbells: "look now" to a worker, hung once however many ask.

The row is the work; the bell only saves waiting. `SET NX` hangs it and enqueues one job; the job's first line
takes it down before it looks, so a ring during the run hangs a new one. A lost bell is rung again by the sweep.
"""

import logging
from functools import partial

from redis.exceptions import RedisError
from rq import Queue

from helpdesk.extensions import redis_connection
from helpdesk.transaction import after_commit

logger = logging.getLogger(__name__)

INGEST = "ingest"
DELIVER = "deliver"
MEDIA = "media"
HISTORY = "history"
IMPORT = "import"
MAIL = "mail"

EVERYTHING = 0
"""Rung for where the work has no account."""

JOBS = {
    INGEST: "worker.ingest.drain",
    DELIVER: "worker.deliver.drain",
    MEDIA: "worker.media.fetch_waiting",
    HISTORY: "worker.history.read_waiting",
    IMPORT: "worker.importing.go_on_importing",
    MAIL: "worker.mail.send_waiting",
}

# Heals a crash between hanging the bell and enqueuing the job.
_HUNG_FOR_SECONDS = 30


def ring_after_commit(bell: str, account_id: int) -> None:
    """Ring once this transaction has committed. For an import, `account_id` is that of the import."""
    after_commit(("bell", bell, account_id), partial(ring, bell, account_id))


def ring(bell: str, account_id: int) -> bool:
    """Ask a worker to look; False when it has been asked and has not looked yet, or Redis is away."""
    client = redis_connection.client
    try:
        if not client.set(_key(bell, account_id), 1, nx=True, ex=_HUNG_FOR_SECONDS):
            return False
        Queue(bell, connection=client).enqueue(JOBS[bell], account_id, job_timeout=120, result_ttl=0, failure_ttl=3600)
    except RedisError:
        logger.warning("bell not rung", extra={"bell": bell, "account_id": account_id})
        return False
    return True


def take_down(bell: str, account_id: int) -> None:
    """The first line of the job, before it looks."""
    redis_connection.client.delete(_key(bell, account_id))


def _key(bell: str, account_id: int) -> str:
    return f"bell:{bell}:{account_id}"
