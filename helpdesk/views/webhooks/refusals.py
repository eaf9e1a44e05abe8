"""How many calls were refused for their signature: counted here, and written down together a second later.

Whoever floods an address with forged calls must not cost a write a call. A process that dies at once takes the counts
of its last second with it; one that is asked to go writes them down before.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Lock, Timer

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock
from helpdesk.messaging.inbound import add_refused
from helpdesk.transaction import transaction

logger = logging.getLogger(__name__)

TOGETHER_SECONDS = 1.0


def _in_a_moment(write: Callable[[], None]) -> None:
    timer = Timer(TOGETHER_SECONDS, write)
    timer.daemon = True
    timer.start()


class Refusals:
    """One a process."""

    def __init__(self, app: Flask, later: Callable[[Callable[[], None]], None] = _in_a_moment) -> None:
        self._app, self._later = app, later
        self._lock = Lock()
        self._counts: Counter[tuple[int, date]] = Counter()

    def count(self, account_id: int, *, at: datetime) -> None:
        """Count one for its day (UTC); the first since the last writing has all written down in a moment."""
        with self._lock:
            is_first = not self._counts
            self._counts[account_id, at.astimezone(UTC).date()] += 1
        if is_first:
            self._later(self.write)

    def write(self) -> None:
        """Write down what was counted so far. What cannot be written is lost: it is a count, and a log says so."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with self._app.app_context(), transaction():
                add_refused(counts, at=clock.now())
        except SQLAlchemyError:
            logger.warning("refused calls not counted", extra={"calls": counts.total()}, exc_info=True)
