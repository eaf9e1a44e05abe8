"""Packed days say what the rows say, whatever happens after they were packed."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest
from sqlalchemy import select, text, update

from helpdesk.metrics import packed_queries
from helpdesk.metrics.definitions import Basis, Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.facts import Intervals
from helpdesk.metrics.models import PackedDay
from helpdesk.metrics.packed import LAYOUT
from helpdesk.metrics.packing import DAYS, pack, pack_days
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.questions import NOBODY, Question
from helpdesk.metrics.reading import read_facts, read_resolutions
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.orm import db
from helpdesk.tickets import assignment
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import ACTIVE
from tests.metrics.history import History
from tests.support.cast import Cast, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SINCE = LOOKED_AT - timedelta(days=40)


class PackingHistory(History):
    """A month in whose every step days may be packed: what comes after has to be noted."""

    packed = 0

    def _step(self, customer: str, at: datetime) -> None:
        super()._step(customer, at)
        if self.random.random() < 0.04:
            for day in self.random.sample(to_pack(), k=min(len(to_pack()), 9)):
                pack(day)
                self.packed += 1


def to_pack() -> list[date]:
    """Days of the history that are not packed as they are now."""
    return [day for day in packed_queries.days_to_pack(days=300, layout=LAYOUT) if day >= SINCE.date()]


@pytest.fixture(params=[2, 7, 11])
def history(request: pytest.FixtureRequest, cast: Cast) -> PackingHistory:
    played = PackingHistory(cast=cast, random=Random(request.param), resolving=3)
    played.play(customers=20, since=SINCE, until=LOOKED_AT)
    return played


def questions(cast: Cast) -> list[Question]:
    everything = scope_of(standing(cast.ada))
    plain = [
        Question(scope=everything, measure=measure, at=LOOKED_AT, period=period)
        for measure in Measure
        for period in (
            period_of("", "", zone="Europe/London", at=LOOKED_AT),
            period_of("2026-10-20", "2026-11-15", zone="Australia/Lord_Howe", at=LOOKED_AT),
            Period(first=date(2026, 11, 9), last=date(2026, 11, 9), zone="UTC"),
        )
    ]
    one = plain[0]
    return [
        *plain,
        replace(one, agent_id=NOBODY),
        replace(one, agent_id=cast.amal.id, basis=Basis.BUSINESS, at_least=60, under=7200),
        replace(one, scope=replace(everything, agent_id=cast.bruno.id)),
        replace(one, scope=Scope(team_ids=frozenset({cast.returns.id}), account_ids=frozenset({cast.x.id}))),
    ]


def check_same(packed: Intervals, rows: Intervals) -> None:
    one, other = (found.at(np.argsort(found.clock_id)) for found in (packed, rows))
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


def check_all(cast: Cast) -> int:
    """Every question, from packed days and from rows; how many intervals were compared."""
    compared = 0
    for question in questions(cast):
        whole = [(question.period.since, question.period.until)]
        facts = read_facts(question)
        check_same(facts, facts_in(whole, question))
        compared += len(facts)
        if question.measure is Measure.RESOLUTION:
            check_same(read_resolutions(question), resolutions_in(whole, question))
    return compared


def test_packed_or_not_the_intervals_are_the_same(history: PackingHistory) -> None:
    fresh = packed_queries.fresh_days(SINCE.date(), LOOKED_AT.date(), layout=LAYOUT)
    assert history.packed > 40, "little was packed: it proves nothing"
    assert len(fresh) > 10, "all was noted as changed: it proves nothing"
    assert len(to_pack()) > 1, "nothing was changed after it had been packed: it proves nothing"

    assert check_all(history.cast) > 100


def test_without_what_notes_changed_intervals_they_differ(cast: Cast) -> None:
    """The proof above can fail."""
    db.session.execute(text("alter table clock disable trigger note_days_of_changed_clock"))
    PackingHistory(cast=cast, random=Random(2), resolving=3).play(customers=20, since=SINCE, until=LOOKED_AT)

    with pytest.raises(AssertionError):
        check_all(cast)


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_ticket_handed_on_takes_its_past_along(cast: Cast, is_noted: bool) -> None:
    History(cast=cast, random=Random(2)).play(customers=9, since=SINCE, until=LOOKED_AT)
    for day in to_pack():
        pack(day)
    if not is_noted:
        db.session.execute(text("alter table ticket disable trigger note_days_of_ticket"))

    for ticket in db.session.scalars(select(Ticket).where(Ticket.status.in_(ACTIVE), Ticket.team == cast.support)):
        assignment.hand_to_team(ticket, cast.returns, by=cast.chidi, at=LOOKED_AT)
    db.session.flush()

    if is_noted:
        check_all(cast)
    else:
        with pytest.raises(AssertionError):
            check_all(cast)


def test_the_job_packs_the_latest_days_first_and_ends(cast: Cast) -> None:
    History(cast=cast, random=Random(2)).play(customers=3, since=SINCE, until=LOOKED_AT)
    before = packed_queries.days_to_pack(days=DAYS, layout=LAYOUT)

    assert pack_days(seconds=0) == 1
    assert packed_queries.days_to_pack(days=DAYS, layout=LAYOUT) == before[1:]
    assert len(before) == DAYS
    assert max(before) < datetime.now(UTC).date()


def test_another_layout_is_packed_anew(cast: Cast) -> None:
    day = packed_queries.days_to_pack(days=9, layout=LAYOUT)[0]
    pack(day)
    db.session.execute(update(PackedDay).values(layout=LAYOUT - 1, records=b"of another release"))

    assert day in packed_queries.days_to_pack(days=9, layout=LAYOUT)
    assert check_all(cast) == 0
