"""Refused calls are counted in the process and written down together."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.messaging.models import RefusedCalls
from helpdesk.orm import db
from helpdesk.views.webhooks import refusals
from helpdesk.views.webhooks.refusals import Refusals
from tests.support.cast import Cast, assemble

NOBODY = 999_999


def written() -> list[tuple[int, date, int]]:
    rows = db.session.execute(select(RefusedCalls.account_id, RefusedCalls.day, RefusedCalls.count))
    return sorted((account_id, day, count) for account_id, day, count in rows)


def test_each_account_and_day_is_counted_for_itself(app: Flask, cast: Cast) -> None:
    asked: list[Callable[[], None]] = []
    counting = Refusals(app, later=asked.append)
    before_midnight = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    db.session.commit()

    for account in (cast.x, cast.native):
        counting.count(account.id, at=before_midnight)
        counting.count(account.id, at=before_midnight)
        counting.count(account.id, at=before_midnight + timedelta(seconds=1))
    for write in asked:
        write()

    assert len(asked) == 1
    assert written() == sorted(
        (account.id, day, count)
        for account in (cast.x, cast.native)
        for day, count in ((date(2026, 11, 23), 2), (date(2026, 11, 24), 1))
    )


def test_what_is_counted_is_written_by_itself_a_moment_later(
    committed: Flask, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = assemble(at=at).x
    monkeypatch.setattr(refusals, "TOGETHER_SECONDS", 0.01)
    Refusals(committed).count(account.id, at=at)

    # SQLAlchemy tells of a commit before it is made, so the rows themselves are looked for.
    patience = Event()
    for _ in range(1000):
        db.session.rollback()
        if written():
            break
        patience.wait(timeout=0.01)
    assert written() == [(account.id, at.date(), 1)]


def test_counts_that_cannot_be_written_keep_none_of_the_next_from_it(app: Flask, cast: Cast, at: datetime) -> None:
    asked: list[Callable[[], None]] = []
    counting = Refusals(app, later=asked.append)
    db.session.commit()

    counting.count(NOBODY, at=at)
    asked.pop()()
    counting.count(cast.x.id, at=at)
    asked.pop()()

    assert written() == [(cast.x.id, at.date(), 1)]


def test_a_process_that_is_to_go_writes_what_it_counted(app: Flask) -> None:
    assert app.extensions["webhook_refusals"].write in app.extensions["before_exit"]
