"""The forecast of arrivals, counted by hand, and its interval, by the distribution's own sum."""

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.metrics.erlang import Aim
from helpdesk.metrics.forecasting import INSIDE, back_test, forecast, whole_weeks
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import scope_of
from helpdesk.metrics.staffing import past_turns, plan
from helpdesk.metrics.turns import read_turns
from tests.metrics.history import History
from tests.support.cast import Cast, dana_says, hear, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MONDAY = date(2026, 10, 5)


def test_arrivals_are_the_turns_by_the_hour_they_began(cast: Cast) -> None:
    played = History(cast=cast, random=Random(5))
    played.play(customers=12, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)
    zone = "Australia/Lord_Howe"
    weeks = [MONDAY + timedelta(weeks=n) for n in range(2, 6)]
    period = Period(first=weeks[0], last=date(2026, 11, 15), zone=zone)

    found = read_turns(scope_of(standing(cast.ada)), weeks, zone=zone, at=LOOKED_AT).arrivals_by_hour()

    turns = [one.started_at for one in played.told() if not one.is_resolution]
    local = [at.astimezone(ZoneInfo(zone)) for at in turns if period.since <= at < period.until]
    assert found == Counter((at.date(), at.hour) for at in local)
    assert found


def test_the_forecast_is_the_mean_of_the_same_hour_of_the_week() -> None:
    arrivals = {(MONDAY, 9): 4, (MONDAY + timedelta(7), 9): 7, (MONDAY + timedelta(8), 9): 1}
    weeks = [MONDAY, MONDAY + timedelta(7)]
    found = forecast(arrivals, weeks)
    assert (found[0, 9].mean, found[1, 9].mean, found[2, 9].mean) == (5.5, 0.5, 0.0)
    assert found[0, 9].low < 5.5 < found[0, 9].high


def chance(n: int, shape: float, weeks: int) -> float:
    """Of n arrivals, by the negative binomial as it is written."""
    log = math.lgamma(n + shape) - math.lgamma(shape) - math.lgamma(n + 1)
    return math.exp(log + shape * math.log(weeks / (weeks + 1)) - n * math.log(weeks + 1))


@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_the_interval_holds_four_in_five(counts: list[int]) -> None:
    weeks = [MONDAY + timedelta(weeks=n) for n in range(len(counts))]
    arrivals = {(week, 9): n for week, n in zip(weeks, counts, strict=True)}
    hour = forecast(arrivals, weeks)[0, 9]
    shape = sum(counts) + 0.5
    inside = math.fsum(chance(n, shape, len(weeks)) for n in range(hour.low, hour.high + 1))
    below = math.fsum(chance(n, shape, len(weeks)) for n in range(hour.low))
    assert inside >= INSIDE - 1e-9
    assert below <= (1 - INSIDE) / 2 + 1e-9
    assert math.fsum(chance(n, shape, len(weeks)) for n in range(hour.high)) < 1 - (1 - INSIDE) / 2


def test_of_a_very_busy_hour_too() -> None:
    weeks = [MONDAY + timedelta(weeks=n) for n in range(8)]
    hour = forecast({(week, 9): 50_000 for week in weeks}, weeks)[0, 9]
    assert 49_000 < hour.low < 50_000 < hour.high < 51_000


def test_counts_that_are_drawn_by_chance_lie_within_as_often_as_promised() -> None:
    dice, weeks = Random(3), [MONDAY + timedelta(weeks=n) for n in range(5)]

    def drawn(rate: float) -> int:
        n, product = 0, dice.random()
        while product > math.exp(-rate):
            n, product = n + 1, product * dice.random()
        return n

    arrivals = {(w + timedelta(d), h): drawn(0.5 + h / 4) for w in weeks for d in range(7) for h in range(24)}
    tested = back_test(arrivals, weeks)
    assert tested is not None
    assert tested.inside >= INSIDE - 0.03
    assert tested.came == sum(n for (day, _), n in arrivals.items() if day >= weeks[-1])
    assert tested.error is not None


def test_weeks_are_whole_and_over() -> None:
    assert whole_weeks(date(2026, 11, 25), wanted=2) == [date(2026, 11, 9), date(2026, 11, 16)]
    assert whole_weeks(date(2026, 11, 23), wanted=1) == [date(2026, 11, 16)]
    assert back_test({}, [MONDAY]) is None


def test_weeks_before_the_first_customer_say_nothing(cast: Cast) -> None:
    """Two customers in the one week that there is: not two in eight weeks."""
    monday = datetime(2026, 11, 16, 9, 10, tzinfo=UTC)
    for customer in ("1", "2"):
        hear(cast.x, dana_says("Hello", at=monday, customer=customer))
    aim = Aim(part=0.8, within=0.25)
    found = plan(past_turns(scope_of(standing(cast.ada)), zone="UTC", at=LOOKED_AT), aim=aim, handle_time=0.1)
    assert found.hours[0, 9].expected.mean == 2.0
    assert found.arrivals == 2
    assert found.hours[0, 9].staff.working == 1
    assert found.hours[3, 3].staff.planned == 0


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia"])
def test_nobody_ever_wrote(cast: Cast, zone: str) -> None:
    turns = past_turns(scope_of(standing(cast.ada)), zone=zone, at=LOOKED_AT)
    found = plan(turns, aim=Aim(part=0.8, within=0.25), handle_time=0.1)
    assert (found.arrivals, found.hours_planned) == (0, 0)
