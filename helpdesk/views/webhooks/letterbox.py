"""Calls that come at the same time are stored together: one statement, one commit, one bell for all.

Whoever has the pen writes down every call that waits; the others find theirs written when their turn comes. Nobody
waits for company, and nothing is answered before its row is committed. On a disk that takes a millisecond for a
commit, a burst of calls would otherwise stand in line for it one by one.
"""

from collections import deque
from collections.abc import Sequence
from threading import Event, Lock

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from helpdesk.messaging.inbound import RawCall, ring_for, store_events

# So that one statement stays some megabytes at most, whatever the size of bodies.
TOGETHER = 50


class _Letter:
    """A call on its way into the database. `called` is set when it is settled, or when its turn to write has come."""

    def __init__(self, call: RawCall) -> None:
        self.call = call
        self.called = Event()
        self.is_settled = False
        self.error: Exception | None = None


class Letterbox:
    """One a process."""

    def __init__(self) -> None:
        self._door = Lock()
        self._is_writing = False
        self._waiting: deque[_Letter] = deque()

    def __len__(self) -> int:
        """How many calls wait to be written."""
        return len(self._waiting)

    def post(self, call: RawCall) -> None:
        """Return when the call is committed. Raises what kept it from being stored, and then it is not."""
        letter = _Letter(call)
        if not self._is_first(letter):
            self._wait_for_turn(letter)
        if not letter.is_settled:
            self._write_for_all(letter)
        if letter.error is not None:
            raise letter.error

    def _is_first(self, letter: _Letter) -> bool:
        """Put it behind the others; whether nobody writes now, so that we do."""
        with self._door:
            self._waiting.append(letter)
            was_writing, self._is_writing = self._is_writing, True
        return not was_writing

    def _wait_for_turn(self, letter: _Letter) -> None:
        """Until it is settled or the pen is ours. Whoever is made to leave meanwhile takes no pen along."""
        try:
            letter.called.wait()
        except BaseException:
            with self._door:
                if letter in self._waiting:
                    self._waiting.remove(letter)
                if letter.called.is_set() and not letter.is_settled:
                    self._hand_on()
            raise

    def _hand_on(self) -> None:
        """Give the pen to the next who waits, if anybody does; the door is held."""
        self._is_writing = bool(self._waiting)
        if self._waiting:
            self._waiting[0].called.set()

    def _write_for_all(self, letter: _Letter) -> None:
        """Write until ours is settled, and give the pen to the next who waits."""
        try:
            while not letter.is_settled:
                _write([self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))])
        finally:
            with self._door:
                self._hand_on()


def _write(letters: Sequence[_Letter]) -> None:
    try:
        store_events([letter.call for letter in letters])
    except Exception as error:
        is_ours_alone = len(letters) == 1 or isinstance(error, (OperationalError, PoolTimeout))
        _settle(letters, error) if is_ours_alone else _write_singly(letters)
    except BaseException:
        # Whoever writes for the others is made to leave: they must not believe that theirs is stored.
        _settle(letters, RuntimeError("the call was not stored: its writer was stopped"))
        raise
    else:
        _settle(letters, None)
        # Only now: a Redis that hangs keeps no network waiting.
        ring_for(letter.call for letter in letters)


def _write_singly(letters: Sequence[_Letter]) -> None:
    """One of them is refused by the database, and only that one is to fail."""
    for letter in letters:
        _write([letter])


def _settle(letters: Sequence[_Letter], error: Exception | None) -> None:
    for letter in letters:
        letter.is_settled, letter.error = True, error
        letter.called.set()
