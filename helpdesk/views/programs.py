"""Which programs of ours are at work: what Redis knows of the workers, and when the schedule last did something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from rq import Worker
from rq.worker import BaseWorker

from helpdesk.extensions import redis_connection
from helpdesk.tickets import queries as ticket_queries

SWEEPS_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class WorkingProgram:
    name: str
    is_busy: bool
    queues: tuple[str, ...]
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Programs:
    workers: tuple[WorkingProgram, ...]
    is_redis_away: bool
    sweep_at: datetime | None
    """When work whose bell was lost was last looked for: the schedule and a worker did it together."""

    def troubles(self, *, at: datetime) -> Sequence[str]:
        """A sentence for each thing that somebody must start again."""
        if self.is_redis_away:
            return ["Redis does not answer: work waits, and is done when it is back."]
        if not self.workers:
            return ["No worker runs: start one."]
        if self.sweep_at is None or at - self.sweep_at > SWEEPS_WITHIN:
            return ["The schedule does not run: start it."]
        return []


def programs_at_work() -> Programs:
    try:
        workers = tuple(map(_worker, Worker.all(connection=redis_connection.client)))
    except RedisError:
        return Programs(workers=(), is_redis_away=True, sweep_at=ticket_queries.last_run("sweep"))
    in_order = tuple(sorted(workers, key=lambda worker: worker.name))
    return Programs(workers=in_order, is_redis_away=False, sweep_at=ticket_queries.last_run("sweep"))


def _worker(worker: BaseWorker) -> WorkingProgram:
    seen_at = worker.last_heartbeat
    return WorkingProgram(
        name=worker.name[:8],
        is_busy=worker.get_state() == "busy",
        queues=tuple(worker.queue_names()),
        seen_at=seen_at.replace(tzinfo=UTC) if seen_at is not None and seen_at.tzinfo is None else seen_at,
    )
