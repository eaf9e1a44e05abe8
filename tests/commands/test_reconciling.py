"""`helpdesk reconcile`: one line, and the tickets that differ."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from helpdesk import clock
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.transaction import transaction
from tests.commands.conftest import Helpdesk, is_one_refusal
from tests.support import cast as casting
from tests.support.cast import dana_says, hear, newest_ticket


def test_it_says_that_nothing_differs_and_names_what_does(committed: Flask, helpdesk: Helpdesk) -> None:
    at = clock.now() - timedelta(hours=5)
    cast = casting.assemble(at=at - timedelta(days=2))
    hear(cast.x, dana_says("one", at=at))
    ticket_id = newest_ticket().id

    well = helpdesk("reconcile")
    with transaction():
        db.session.execute(update(Clock).values(started_at=Clock.started_at - timedelta(minutes=1)))
    ill = helpdesk("reconcile")

    assert (well.code, ill.code) == (0, 1)
    assert "1 tickets counted again" in well.out
    assert "no difference" in well.out
    assert f"ticket {ticket_id}: by its messages first response from" in ill.err


@pytest.mark.parametrize(("words", "reason"), [(("--from", "soon"), "Write a date"), (("--zone", "Mars"), "Mars")])
def test_bad_use_is_one_line_and_code_2(helpdesk: Helpdesk, words: tuple[str, ...], reason: str) -> None:
    assert is_one_refusal(helpdesk("reconcile", *words), reason)
