"""What is changed while a day is packed, or read, is counted once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from helpdesk import clock
from helpdesk.metrics import packed_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.packed import LAYOUT, Subject
from helpdesk.metrics.packing import pack
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.reading import read_facts
from helpdesk.metrics.scope import scope_of
from helpdesk.orm import db
from helpdesk.sla.models import Clock, ClockKind
from tests.support.cast import Cast, assemble, dana_says, hear, newest_ticket, reply, standing

_MOVE = text("update clock set stopped_at = :at where kind = 'first_response'")


@pytest.fixture
def cast(committed: Flask) -> Cast:
    """Dana wrote three days ago, and was answered."""
    at = clock.now() - timedelta(days=3)
    cast = assemble(at=at - timedelta(days=1))
    hear(cast.x, dana_says("hello", at=at), at=at)
    reply(newest_ticket(), "hello, Dana", by=cast.amal, at=at + timedelta(seconds=30))
    return cast


def answered_at(cast: Cast) -> list[float]:
    at = clock.now()
    question = Question(
        scope=scope_of(standing(cast.ada)),
        measure=Measure.FIRST_RESPONSE,
        period=period_of("", "", zone="UTC", at=at),
        at=at,
    )
    return list(read_facts(question).answered.stopped)


def stopped_at() -> datetime:
    found = db.session.scalars(select(Clock.stopped_at).where(Clock.kind == ClockKind.FIRST_RESPONSE)).one()
    assert found is not None
    return found


def days_to_pack() -> list[Any]:
    return list(packed_queries.days_to_pack(Subject.INTERVALS, days=9, layout=LAYOUT))


def test_what_moves_between_two_reads_is_read_once(cast: Cast) -> None:
    day, now = stopped_at().date(), clock.now()
    pack(Subject.INTERVALS, day)
    assert day not in days_to_pack()
    db.session.commit()
    moved: list[datetime] = []

    def move(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # The packed days were read, and what is not packed is about to be.
        if "happened" in statement and not moved:
            moved.append(now)
            with db.engine.begin() as other:
                other.execute(_MOVE, {"at": now})

    event.listen(db.engine, "before_cursor_execute", move)
    try:
        found = answered_at(cast)
    finally:
        event.remove(db.engine, "before_cursor_execute", move)

    assert moved
    assert found == [pytest.approx(now.timestamp(), abs=1e-5)]


def test_what_was_begun_before_packing_and_committed_after_it_is_noted(cast: Cast) -> None:
    day, earlier = stopped_at().date(), stopped_at() - timedelta(seconds=9)
    db.session.commit()

    with db.engine.begin() as other:
        other.execute(_MOVE, {"at": earlier})
        pack(Subject.INTERVALS, day)
        assert day not in days_to_pack()
        db.session.commit()

    assert day in days_to_pack()
    assert answered_at(cast) == [pytest.approx(earlier.timestamp(), abs=1e-5)]
    pack(Subject.INTERVALS, day)
    assert answered_at(cast) == [pytest.approx(earlier.timestamp(), abs=1e-5)]
