"""Noticing that networks could not reach us."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from config import Settings
from helpdesk import clock
from helpdesk.messaging import history, history_queries
from helpdesk.orm import db
from helpdesk.tickets.models import PeriodicRun
from helpdesk.transaction import transaction
from tests.channels.canned_server import Canned, canned_server, closed_port_url
from tests.support.cast import Cast
from worker import gaps


@pytest.fixture
def reached(settings: Settings) -> Iterator[Settings]:
    with canned_server(lambda call: Canned(status=200 if call.path == "/healthz" else 404)) as web:
        yield dataclasses.replace(settings, public_url=web.url)


def read_just_now(cast: Cast) -> None:
    with transaction():
        history.ensure_link(cast.x.id).history_due_at = clock.now() + history.EVERY


def minutes_pass(minutes: int) -> None:
    with transaction():
        db.session.execute(update(PeriodicRun).values(last_at=PeriodicRun.last_at - timedelta(minutes=minutes)))


def is_to_be_read(cast: Cast) -> bool:
    return cast.x.id in history_queries.accounts_with_history_due(["x"], at=clock.now())


def test_while_we_are_reached_nothing_more_is_read(cast: Cast, reached: Settings) -> None:
    gaps.look(reached)
    read_just_now(cast)
    minutes_pass(1)

    assert not gaps.look(reached)
    assert not is_to_be_read(cast)


def test_after_an_absence_every_record_is_read(cast: Cast, reached: Settings) -> None:
    gaps.look(reached)
    read_just_now(cast)
    minutes_pass(3)

    assert gaps.look(reached)
    assert is_to_be_read(cast)
    assert not gaps.look(reached)


def test_a_web_that_does_not_answer_counts_as_an_absence_once_it_does(cast: Cast, reached: Settings) -> None:
    gaps.look(reached)
    read_just_now(cast)
    minutes_pass(3)

    assert not gaps.look(dataclasses.replace(reached, public_url=closed_port_url()))
    assert not is_to_be_read(cast)
    assert gaps.look(reached)
