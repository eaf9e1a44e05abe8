"""One worker of the pool: does not fork, has the application loaded, a context for each job."""

import signal
from types import FrameType
from typing import Any, ClassVar

from flask import Flask
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.worker import SimpleWorker

from helpdesk.operation.processes import end_with_parent
from helpdesk.orm import db
from worker.stopping import ask_to_stop

# A worker is replaced after so many jobs; the next is there within a second.
JOBS_IN_A_LIFE = 2000


class AppWorker(SimpleWorker):
    """`app` is set once, before the pool forks."""

    app: ClassVar[Flask]

    def work(self, *args: Any, **kwargs: Any) -> bool:
        end_with_parent(signal.SIGTERM)
        with self.app.app_context():
            # A connection that the parent may have opened belongs to the parent.
            db.engine.dispose(close=False)
        # RQ's own scheduler would be one more process, for delayed jobs that we do not use.
        told = {"with_scheduler": False, "max_jobs": JOBS_IN_A_LIFE, "logging_level": "WARNING"}
        return super().work(*args, **kwargs | told)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self.app.app_context():
            return super().perform_job(job, queue, execution)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        ask_to_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
