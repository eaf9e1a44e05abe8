"""Packed days say what the rows say, whatever happens after they were packed."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import select, text, update

from helpdesk import clock
from helpdesk.metrics import packed_queries
from helpdesk.metrics.definitions import Basis, Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.handle_time_queries import handlings_in
from helpdesk.metrics.handled import at_tickets
from helpdesk.metrics.lazy_columns import Columns
from helpdesk.metrics.models import ChangedDay, PackedDay
from helpdesk.metrics.packed import LAYOUT, Packed, Subject, unpacked
from helpdesk.metrics.packing import DAYS, pack, pack_days
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.questions import NOBODY, Question
from helpdesk.metrics.reading import read_at_tickets, read_facts, read_resolutions
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.tickets import assignment, presence
from helpdesk.tickets.models import Handling, Ticket
from helpdesk.tickets.queries import ACTIVE
from helpdesk.transaction import transaction
from tests.metrics.history import History
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SINCE = LOOKED_AT - timedelta(days=40)


class PackingHistory(History):
    """A month in whose every step days may be packed: what comes after has to be noted."""

    packed = 0

    def _step(self, customer: str, at: datetime) -> None:
        super()._step(customer, at)
        self._look(customer, at)
        if self.random.random() < 0.04:
            # Whatever day this is run on, the same ones are drawn.
            days = to_pack(until=LOOKED_AT.date())
            for subject, day in self.random.sample(days, k=min(len(days), 18)):
                pack(subject, day)
                self.packed += 1

    def _look(self, customer: str, at: datetime) -> None:
        """Somebody is at the ticket for a while."""
        ticket = self._ticket_of(customer)
        if ticket is not None:
            for beat in range(self.random.randint(0, 5)):
                with transaction():
                    seen_at = at + timedelta(seconds=20 * beat)
                    presence.look(ticket, by=self._who(ticket), is_typing=False, at=seen_at)


def to_pack(*, until: date = date.max) -> list[tuple[Subject, date]]:
    """Days since the history began, until one, that are not packed as they are now."""
    days = (clock.now() - SINCE).days + 1
    return [
        (subject, day)
        for subject in Subject
        for day in packed_queries.days_to_pack(subject, days=days, layout=LAYOUT)
        if SINCE.date() <= day <= until
    ]


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


def check_same(packed: Columns, rows: Columns) -> None:
    one, other = (found.at(np.lexsort([getattr(found, f.name) for f in fields(found)])) for found in (packed, rows))
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
        check_same(read_at_tickets(question.scope, question.period), at_tickets(handlings_in(whole, question.scope)))
        if question.measure is Measure.RESOLUTION:
            check_same(read_resolutions(question), resolutions_in(whole, question))
    return compared


def test_packed_or_not_the_intervals_are_the_same(history: PackingHistory) -> None:
    fresh = packed_queries.fresh_days(Subject.INTERVALS, SINCE.date(), LOOKED_AT.date(), layout=LAYOUT)
    assert history.packed > 40, "little was packed: it proves nothing"
    assert len(fresh) > 10, "all was noted as changed: it proves nothing"
    assert len(to_pack(until=LOOKED_AT.date())) > 1, "nothing was changed after it had been packed: it proves nothing"

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
    for subject, day in to_pack():
        pack(subject, day)
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


def test_a_reply_today_leaves_the_past_of_its_ticket_packed(cast: Cast) -> None:
    """Or the last weeks of a desk whose conversations last for days would hardly ever be packed."""
    now = clock.now()
    for days in (4, 3, 2, 0):
        at = now - timedelta(days=days)
        hear(cast.x, dana_says("hello", at=at), at=at)
        reply(newest_ticket(), "hello, Dana", by=cast.amal, at=at)
        if days == 2:
            for subject, day in to_pack():
                pack(subject, day)

    # Today may be settled further than when it was packed.
    assert [day for _, day in to_pack() if day < now.date()] == []


def test_today_is_packed_as_far_as_it_is_settled(cast: Cast) -> None:
    """What ended two hours ago is packed, also where that was today; what ended just now is not, and is counted."""
    now = clock.now()
    for customer, ago in (("91", timedelta(hours=2)), ("92", timedelta(minutes=5))):
        hear(cast.x, dana_says("hello", at=now - ago, customer=customer), at=now - ago)
        reply(newest_ticket(), "hello", by=cast.amal, at=now - ago + timedelta(seconds=30))
    replied_at = now - timedelta(hours=2) + timedelta(seconds=30)
    pack(Subject.INTERVALS, replied_at.date())

    fresh = packed_queries.fresh_days(Subject.INTERVALS, replied_at.date(), replied_at.date(), layout=LAYOUT)
    assert replied_at < fresh[replied_at.date()].until <= clock.now() - timedelta(minutes=40)
    records = db.session.scalars(select(PackedDay.records)).one()
    assert len(unpacked(records, Packed)) == 1
    assert answers_of(cast, at=now) == 2

    first = select(Clock.id).where(Clock.stopped_at == replied_at)
    db.session.execute(update(Clock).where(Clock.id.in_(first)).values(stopped_at=now))
    assert replied_at.date() in [day for _, day in to_pack()]
    assert answers_of(cast, at=now) == 2
    pack(Subject.INTERVALS, replied_at.date())
    assert answers_of(cast, at=now) == 2


@pytest.mark.parametrize(("ago", "is_noted"), [(timedelta(minutes=9), False), (timedelta(minutes=11), True)])
def test_what_ended_long_enough_ago_to_be_packed_soon_is_noted(cast: Cast, ago: timedelta, is_noted: bool) -> None:
    at = clock.now() - ago
    hear(cast.x, dana_says("hello", at=at - timedelta(hours=1)), at=at - timedelta(hours=1))
    reply(newest_ticket(), "hello", by=cast.amal, at=at)
    with transaction():
        db.session.add(Handling(ticket_id=newest_ticket().id, agent_id=cast.amal.id, started_at=at, ended_at=at))

    noted = db.session.execute(select(ChangedDay.subject, ChangedDay.day).distinct()).all()
    assert set(noted) == ({(subject, at.date()) for subject in Subject} if is_noted else set())


def test_a_period_that_ends_before_now_has_no_part_of_what_is_packed_later(cast: Cast) -> None:
    """In Auckland today is over before it is in UTC."""
    now = clock.now()
    PackingHistory(cast=cast, random=Random(5)).play(customers=12, since=now - timedelta(days=2), until=now)
    for subject, day in to_pack():
        pack(subject, day)

    everything, compared = scope_of(standing(cast.ada)), 0
    for zone in ("Pacific/Auckland", "Pacific/Honolulu", "Asia/Kathmandu", "UTC"):
        today = now.astimezone(ZoneInfo(zone)).date()
        for first, last in ((today, today), (today - timedelta(days=1),) * 2, (today - timedelta(days=2), today)):
            period = Period(first=first, last=last, zone=zone)
            question = Question(scope=everything, measure=Measure.REPLY, at=now, period=period)
            facts = read_facts(question)
            check_same(facts, facts_in([(period.since, period.until)], question))
            compared += len(facts)
    assert compared > 40


def answers_of(cast: Cast, *, at: datetime) -> int:
    period = period_of("", "", zone="UTC", at=at)
    asked = Question(scope=scope_of(standing(cast.ada)), measure=Measure.FIRST_RESPONSE, at=at, period=period)
    return len(read_facts(asked).answered)


def test_the_job_packs_the_latest_days_first_and_ends(cast: Cast) -> None:
    History(cast=cast, random=Random(2)).play(customers=3, since=SINCE, until=LOOKED_AT)
    before = packed_queries.days_to_pack(Subject.INTERVALS, days=DAYS, layout=LAYOUT)

    assert pack_days(seconds=0) == 1
    after = packed_queries.days_to_pack(Subject.INTERVALS, days=DAYS, layout=LAYOUT)
    assert [day for day in after if day < before[0]] == before[1:]
    today = datetime.now(UTC).date()
    assert [day for day in before if day < today] == [today - timedelta(days=n + 1) for n in range(DAYS)]


def test_another_layout_is_packed_anew(cast: Cast) -> None:
    day = packed_queries.days_to_pack(Subject.INTERVALS, days=9, layout=LAYOUT)[0]
    pack(Subject.INTERVALS, day)
    db.session.execute(update(PackedDay).values(layout=LAYOUT - 1, records=b"of another release"))

    assert day in packed_queries.days_to_pack(Subject.INTERVALS, days=9, layout=LAYOUT)
    assert check_all(cast) == 0
