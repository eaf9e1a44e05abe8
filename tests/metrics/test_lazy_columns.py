"""Columns made when they are asked for, groups and their percentiles, wall clocks: each beside a plain walk."""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpdesk.metrics.lazy_columns import Column, Columns, Groups, together
from helpdesk.metrics.percentiles import percentiles, ranked_apart
from helpdesk.metrics.wall_clocks import wall_clock

SECONDS = st.floats(0, 1e7, allow_nan=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs(Columns):
    key: NDArray[np.int64]
    value: NDArray[np.float64]


def test_a_column_is_made_once_and_only_when_it_is_asked_for() -> None:
    made: list[str] = []

    def make(name: str) -> Column:
        made.append(name)
        return np.arange(10, dtype=np.float64) if name == "value" else np.arange(10, dtype=np.int64)

    pairs = Pairs.made_by(make)
    later = together(Pairs, [pairs.at(slice(5, 10)), pairs]).at(np.array([0, 5]))
    assert made == []
    assert later.value.tolist() == [5.0, 0.0]
    assert (len(later), len(pairs)) == (2, 10)
    assert made == ["value"]
    assert later.key.tolist() == [5, 0]
    assert made == ["value", "key"]
    with pytest.raises(AttributeError, match="Pairs has no column values"):
        _ = later.values  # type: ignore[attr-defined]


@settings(deadline=None)
@given(keys=st.lists(st.one_of(st.integers(0, 5), st.integers(-(2**40), 2**40)), max_size=40))
def test_apart_is_by_growing_key_and_in_the_order_they_stood(keys: list[int]) -> None:
    pairs = Pairs(key=np.array(keys, dtype=np.int64), value=np.arange(len(keys), dtype=np.float64))
    found = {key: those.value.tolist() for key, those in pairs.apart(pairs.key)}
    assert list(found) == sorted(set(keys))
    assert found == {key: [float(place) for place, one in enumerate(keys) if one == key] for key in keys}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), SECONDS), min_size=1, max_size=60), st.integers(1, 99))
def test_percentiles_of_groups_are_those_of_each_alone(pairs: list[tuple[int, float]], hundredths: int) -> None:
    keys, values = np.array([key for key, _ in pairs]), np.array([value for _, value in pairs])
    groups = Groups(keys)
    found = ranked_apart(values, groups).percentile(hundredths / 100)
    for key, one in zip(groups.keys.tolist(), found.tolist(), strict=True):
        theirs = [value for own, value in pairs if own == key]
        assert percentiles(np.array(theirs), [hundredths / 100]) == [one]
        expected = quantiles(theirs, n=100, method="inclusive")[hundredths - 1] if len(theirs) > 1 else theirs[0]
        assert one == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    "zone", ["Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/New_York", "UTC"]
)
@settings(deadline=None)
@given(instants=st.lists(st.one_of(st.floats(9e8, 2.2e9), st.just(float("nan"))), min_size=1, max_size=8))
@example(instants=[1325242799.5, 1325242800.0, 1325242800.5])  # Apia skips a day.
@example(instants=[float("nan")])
def test_the_wall_clock_is_that_of_the_zone(zone: str, instants: list[float]) -> None:
    found = wall_clock(np.array(instants), zone)
    for instant, local in zip(instants, found.tolist(), strict=True):
        if instant != instant:
            assert local != local
        else:
            shown = datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=UTC)
            assert local == pytest.approx(shown.timestamp(), abs=1e-5)
