"""The one place that commits, and what is to happen only after a commit.

Edges (a view, a job, a command) open a transaction; domain functions never commit. What must follow a
commit (a bell for the worker, a notice to open pages) is asked for inside with `after_commit` and runs
once the rows are there. It is dropped when the transaction is rolled back. What is to be undone beside the
database when there will be no rows is asked for with `after_rollback`.
"""

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError

from helpdesk.orm import ALONE, db

logger = logging.getLogger(__name__)

_AFTER = "after_commit"
_UNDO = "after_rollback"

_Actions = Mapping[Hashable, Callable[[], object]]


@contextmanager
def transaction() -> Iterator[None]:
    """Commit at the end of the block, roll back if it raises."""
    try:
        yield
    except BaseException:
        _, undoing = _take_back()
        _run(undoing)
        raise
    try:
        db.session.commit()
    except BaseException:
        # Nothing is undone: where the answer was lost, the rows may be there.
        _take_back()
        raise
    following, _ = _taken_out()
    _run(following)


def execute_alone(statement: Executable, parameters: Mapping[str, Any]) -> None:
    """Run a statement that is a transaction of its own: it is committed on return.

    One round trip where a transaction makes five, on a connection of the process that is kept for this. One that is
    found dead is replaced and the statement run again: it may then have run twice.
    """
    try:
        _execute_alone(statement, parameters)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        _execute_alone(statement, parameters)


def _execute_alone(statement: Executable, parameters: Mapping[str, Any]) -> None:
    with db.engines[ALONE].connect() as connection:
        connection.execute(statement, parameters)


def after_commit(key: Hashable, action: Callable[[], object]) -> None:
    """Run `action` once after this transaction has committed; a second one with the same key replaces the first."""
    db.session.info.setdefault(_AFTER, {})[key] = action


def after_rollback(key: Hashable, action: Callable[[], object]) -> None:
    """Run `action` once if this transaction is given up; never, if the process dies or the commit's answer is lost."""
    db.session.info.setdefault(_UNDO, {})[key] = action


def after_commit_together(action: Callable[[Sequence[Any]], None], item: Hashable) -> None:
    """Run `action` once after this transaction has committed, with all items asked for; equal items are one."""
    kept = db.session.info.setdefault(_AFTER, {}).setdefault(action, _Together(action))
    kept.items[item] = None


class _Together:
    def __init__(self, action: Callable[[Sequence[Any]], None]) -> None:
        self._action = action
        self.items: dict[Hashable, None] = {}

    def __call__(self) -> None:
        self._action(list(self.items))


def _take_back() -> tuple[_Actions, _Actions]:
    taken = _taken_out()
    db.session.rollback()
    return taken


def _taken_out() -> tuple[_Actions, _Actions]:
    """What was asked for after a commit, and after a rollback; neither is kept for the next transaction."""
    return db.session.info.pop(_AFTER, {}), db.session.info.pop(_UNDO, {})


def _run(actions: _Actions) -> None:
    for key, action in actions.items():
        try:
            action()
        except Exception:
            # What is in the database stands either way: a sweep, or the next hello, finds what was not done here.
            logger.warning("action after the transaction failed", extra={"action": str(key)}, exc_info=True)
