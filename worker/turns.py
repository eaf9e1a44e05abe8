"""A job's turn at one account.

It ends when the worker was asked to stop, or after half a minute, between two batches: so other accounts get theirs,
and RQ does not break off a job in the middle of its calls. What is left then is rung for anew.
"""

import time

from helpdesk import bells
from worker.stopping import is_asked_to_stop

LONGEST_SECONDS = 30.0


class Turn:
    """Made as the first line of the job: what is stored from then on rings again."""

    def __init__(self, bell: str, account_id: int) -> None:
        bells.take_down(bell, account_id)
        self._bell, self._account_id = bell, account_id
        self._over_at = time.monotonic() + LONGEST_SECONDS

    def goes_on(self) -> bool:
        return not is_asked_to_stop() and time.monotonic() < self._over_at

    def end(self) -> None:
        """The last line: somebody else goes on where this turn was too short."""
        if not self.goes_on():
            bells.ring(self._bell, self._account_id)
