"""Calls at the same time are stored together, and each still gets its own answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from helpdesk.messaging.inbound import RawCall
from helpdesk.messaging.models import InboundEvent
from helpdesk.orm import ALONE, db
from helpdesk.views.webhooks.letterbox import Letterbox, _Letter
from tests.support.cast import assemble

NOBODY = 999_999


@pytest.fixture
def account_id(committed: Flask, at: datetime) -> int:
    """Read now: once writes are held up, so is every look at a row."""
    return assemble(at=at).x.id


@pytest.fixture
def held_up(account_id: int) -> Iterator[Event]:
    """The first write waits until this is set; all that come meanwhile wait behind it."""
    go = Event()

    def wait(*_: object) -> None:
        assert go.wait(timeout=30), "the database was asked before the test let it answer"

    engine = db.engines[ALONE]
    event.listen(engine, "before_cursor_execute", wait)
    yield go
    event.remove(engine, "before_cursor_execute", wait)


def call(account_id: int, number: int, *, at: datetime) -> RawCall:
    return RawCall(account_id=account_id, body=f"call {number}".encode(), headers={}, received_at=at)


def post_together(app: Flask, calls: list[RawCall], go: Event) -> list[Exception | None]:
    """What each call was answered; all of them wait before the first is written."""
    letterbox = Letterbox()

    def post(one: RawCall) -> Exception | None:
        with app.app_context():
            try:
                letterbox.post(one)
            except Exception as error:
                return error
        return None

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        answers = [pool.submit(post, one) for one in calls]
        while len(letterbox) + 1 < len(calls):
            go.wait(timeout=0.01)
        go.set()
        return [answer.result(timeout=30) for answer in answers]


def test_every_call_of_a_burst_is_stored_once_and_in_few_statements(
    committed: Flask, account_id: int, held_up: Event, at: datetime
) -> None:
    statements: list[object] = []

    def note(*told: object) -> None:
        statements.append(told)

    event.listen(db.engines[ALONE], "after_cursor_execute", note)
    calls = [call(account_id, number, at=at) for number in range(20)]

    answers = post_together(committed, calls, held_up)

    event.remove(db.engines[ALONE], "after_cursor_execute", note)
    assert answers == [None] * 20
    assert sorted(db.session.scalars(select(InboundEvent.body))) == sorted(one.body for one in calls)
    assert len(statements) == 2


def test_a_call_that_is_refused_takes_no_other_with_it(
    committed: Flask, account_id: int, held_up: Event, at: datetime
) -> None:
    accounts = [account_id, account_id, NOBODY, account_id]
    calls = [call(account, number, at=at) for number, account in enumerate(accounts)]

    answers = post_together(committed, calls, held_up)

    assert [isinstance(answer, IntegrityError) for answer in answers] == [False, False, True, False]
    assert db.session.scalars(select(func.count()).select_from(InboundEvent)).one() == 3


def test_a_call_is_stored_though_the_database_was_started_anew(committed: Flask, account_id: int, at: datetime) -> None:
    letterbox = Letterbox()
    letterbox.post(call(account_id, 1, at=at))
    with db.engines[ALONE].connect() as connection:
        own = connection.execute(text("select pg_backend_pid()")).scalar_one()
    db.session.execute(text("select pg_terminate_backend(:pid)"), {"pid": own})

    letterbox.post(call(account_id, 2, at=at))

    assert list(db.session.scalars(select(InboundEvent.body).order_by(InboundEvent.id))) == [b"call 1", b"call 2"]


class _MadeToLeave(Event):
    """The wait of a call whose greenlet is killed just as its turn comes."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        raise SystemExit


def test_who_is_made_to_leave_as_its_turn_comes_gives_the_pen_to_the_next(at: datetime) -> None:
    letterbox = Letterbox()
    writing, leaving, following = (_Letter(call(1, number, at=at)) for number in range(3))
    leaving.called = _MadeToLeave()
    assert [letterbox._is_first(letter) for letter in (writing, leaving, following)] == [True, False, False]
    letterbox._waiting.popleft()

    with pytest.raises(SystemExit):
        letterbox._wait_for_turn(leaving)

    assert following.called.is_set()
    assert len(letterbox) == 1
