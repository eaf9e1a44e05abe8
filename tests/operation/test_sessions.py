"""The ground that other tests stand on: what one test writes, no other sees."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from helpdesk.orm import db
from helpdesk.people.models import Brand
from helpdesk.transaction import transaction


def brands() -> int:
    return db.session.scalar(select(func.count()).select_from(Brand)) or 0


def add_a_brand() -> None:
    with transaction():
        db.session.add(Brand(handle="acme", name="Acme"))


# Twice: the second would find the first one's brand if its commit had lasted.
@pytest.mark.parametrize("time", ["once", "again"])
def test_a_commit_in_a_test_ends_with_it(session: "scoped_session[Any]", time: str) -> None:
    add_a_brand()

    assert brands() == 1


@pytest.mark.parametrize("time", ["once", "again"])
def test_a_real_commit_is_seen_by_another_connection_and_emptied_afterwards(committed: Flask, time: str) -> None:
    add_a_brand()

    with db.engine.connect() as another:
        assert another.scalar(select(func.count()).select_from(Brand)) == 1


def test_a_rollback_takes_back_only_what_was_not_committed(session: "scoped_session[Any]") -> None:
    add_a_brand()
    db.session.add(Brand(handle="zenith", name="Zenith"))
    db.session.flush()

    db.session.rollback()

    assert brands() == 1
