"""The reports, recounted in plain Python from the messages of a random month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest

from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.other_hours import named_hours
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.reports import Report, ReportKind, report
from helpdesk.metrics.scope import scope_of
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.sla.calendar import BusinessHours, Interval
from helpdesk.sla.publishing import publish_calendar
from helpdesk.tickets import tagging
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.transaction import transaction
from tests.metrics.history import History, Told
from tests.metrics.test_recount import in_period, percentile
from tests.support.cast import Cast, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ZONE = "Asia/Kathmandu"


@pytest.fixture(params=[1, 2])
def told(cast: Cast, request: pytest.FixtureRequest) -> list[Told]:
    played = History(cast=cast, random=Random(request.param))
    played.play(customers=15, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)
    return played.told()


@pytest.fixture
def period() -> Period:
    return period_of("2026-11-01", "2026-11-23", zone=ZONE, at=LOOKED_AT)


def asked(kind: ReportKind, cast: Cast, period: Period, by: Dimension | None = None) -> Report:
    return report(kind, scope=scope_of(standing(cast.ada)), period=period, at=LOOKED_AT, by=by)


def column(found: Report, name: str) -> dict[object, object]:
    place = found.columns.index(name)
    return {row[0]: row[place] for row in found.rows}


def by_agent(one: Told) -> str:
    if not one.agent_id:
        return ""
    agent = db.session.get_one(Agent, one.agent_id)
    return f"{agent.name} <{agent.email}>"


def by_hour(one: Told) -> str:
    return f"{one.ended_at.astimezone(ZoneInfo(ZONE)):%H:00}" if one.ended_at else ""


def test_reply_times_taken_apart_are_those_of_the_messages(cast: Cast, told: list[Told], period: Period) -> None:
    check_apart(cast, told, period, Dimension.AGENT, by_agent)
    check_apart(cast, told, period, Dimension.HOUR, by_hour)


def check_apart(cast: Cast, told: list[Told], period: Period, by: Dimension, key: Callable[[Told], str]) -> None:
    mine = in_period([one for one in told if not one.is_resolution], period)
    groups: dict[str, list[float]] = {}
    for one in mine:
        groups.setdefault(key(one), [])
        if one.is_answered:
            groups[key(one)].append(one.seconds(LOOKED_AT))

    found = asked(ReportKind.REPLY_TIME, cast, period, by)

    everything = [seconds for values in groups.values() for seconds in values]
    wanted = groups | {"all": everything}
    assert column(found, "n") == {name: len(values) for name, values in wanted.items()}
    for share, part in (("median", 0.5), ("p95", 0.95)):
        expected = {name: percentile(values, part) for name, values in wanted.items()}
        assert column(found, f"{share}_seconds") == pytest.approx(expected, abs=1e-3)


def test_business_time_in_the_promised_hours_is_the_stored_one(cast: Cast, told: list[Told], period: Period) -> None:
    """Recounted in Python from the intervals and their pauses, it is to the second what was kept at the stop."""
    assert told
    hours, scope = named_hours([cast.larkpost.id], "Opening hours"), scope_of(standing(cast.ada))
    for kind, by in product((ReportKind.REPLY_TIME, ReportKind.RESOLUTION), (None, Dimension.TEAM, Dimension.TAG)):
        stored = asked(kind, cast, period, by)
        recounted = report(kind, scope=scope, period=period, at=LOOKED_AT, by=by, hours=hours)
        assert recounted.columns == stored.columns
        assert len(recounted.rows) == len(stored.rows)
        for one, other in zip(recounted.rows, stored.rows, strict=True):
            assert list(one) == [pytest.approx(cell, abs=1e-6) if isinstance(cell, float) else cell for cell in other]


def test_business_time_in_other_hours(cast: Cast, told: list[Told], period: Period) -> None:
    """Open day and night, it is the clock's time less what the ticket was put away."""
    assert told
    with transaction():
        day_and_night = BusinessHours(weekly=((Interval.parse("00:00", "00:00"),),) * 7)
        publish_calendar(cast.larkpost.id, "Day and night", day_and_night, at=LOOKED_AT)
    hours, scope = named_hours([cast.larkpost.id], "Day and night"), scope_of(standing(cast.ada))
    found = report(ReportKind.FIRST_RESPONSE, scope=scope, period=period, at=LOOKED_AT, by=None, hours=hours)
    [row] = [dict(zip(found.columns, cells, strict=True)) for cells in found.rows]
    usual = asked(ReportKind.FIRST_RESPONSE, cast, period)
    assert float(str(row["mean_business_seconds"])) <= float(str(row["mean_seconds"]))
    assert float(str(row["mean_business_seconds"])) > float(str(column(usual, "mean_business_seconds")["all"]))


def test_attainment_is_kept_of_kept_and_broken(cast: Cast, told: list[Told], period: Period) -> None:
    assert told
    first = asked(ReportKind.REPLY_TIME, cast, period)
    last = asked(ReportKind.RESOLUTION, cast, period)
    kept = [column(found, "kept")["all"] for found in (first, last)]
    broken = [column(found, "broken")["all"] for found in (first, last)]

    found = asked(ReportKind.ATTAINMENT, cast, period, Dimension.CHANNEL)

    share = sum(map(int, map(str, kept))) / sum(map(int, map(str, kept + broken)))
    assert column(found, "attainment") == pytest.approx({"x @larkpost": share, "all": share})


def test_volume_counts_every_ticket_where_it_belongs(cast: Cast, told: list[Told], period: Period) -> None:
    assert told
    for by in Dimension:
        check_volume(cast, period, by)


def check_volume(cast: Cast, period: Period, by: Dimension) -> None:
    opened = [t for t in db.session.query(Ticket).all() if period.since <= t.opened_at < period.until]

    found = column(asked(ReportKind.VOLUME, cast, period, by), "tickets_opened")

    assert found.pop("all") == len(opened)
    assert sum(int(str(number)) for number in found.values()) == len(opened)
    if by is Dimension.WEEKDAY:
        days = [f"{t.opened_at.astimezone(ZoneInfo(ZONE)):%u %A}" for t in opened]
        assert {name: n for name, n in found.items() if n} == {day: days.count(day) for day in days}
    if by is Dimension.PRIORITY:
        words = [f"{t.priority} {Priority(t.priority).word}" for t in opened]
        assert {name: n for name, n in found.items() if n} == {word: words.count(word) for word in words}
    if by is Dimension.HOUR:
        hours = [f"{t.opened_at.astimezone(ZoneInfo(ZONE)):%H:00}" for t in opened]
        assert {name: n for name, n in found.items() if n} == {hour: hours.count(hour) for hour in hours}


def test_a_tag_called_all_has_a_row_of_its_own_beside_that_of_all(cast: Cast, told: list[Told], period: Period) -> None:
    assert told
    ticket = db.session.query(Ticket).filter(Ticket.opened_at >= period.since).first()
    assert ticket is not None
    tagging.add_tag(ticket, "all", by=cast.amal, at=LOOKED_AT)
    db.session.flush()

    rows = asked(ReportKind.VOLUME, cast, period, Dimension.TAG).rows

    assert [row[0] for row in rows] == ["", "all", "all"]
    assert (rows[1][1], int(str(rows[0][1])) + 1) == (1, rows[2][1])
