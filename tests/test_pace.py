"""The pace at which we wait for a network."""

from datetime import timedelta

import pytest

from config import Settings, SettingsError
from helpdesk.pace import Pace

GIVEN = {
    "DATABASE_URL": "postgresql://x/y",
    "REDIS_URL": "redis://x",
    "SECRET_KEY": "a secret of forty letters, for tests only",
    "FILES_FOLDER": "/files",
}
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("scale", "at_least", "waits"),
    [(1.0, SECOND, HOUR), (0.5, SECOND, HOUR / 2), (0.0001, SECOND, SECOND), (0.0001, HOUR * 2, HOUR)],
)
def test_a_wait_is_shortened_but_not_below_what_the_work_takes(
    scale: float, at_least: timedelta, waits: timedelta
) -> None:
    pace = Pace()

    pace.bind(scale)

    assert pace.of(HOUR, at_least=at_least) == waits


def test_the_scale_is_a_setting() -> None:
    assert Settings.from_environment(GIVEN).x_time_scale == 1.0
    assert Settings.from_environment(GIVEN | {"X_TIME_SCALE": "0.0007"}).x_time_scale == 0.0007


@pytest.mark.parametrize("value", ["0", "-1", "2", "nan", "inf", "fast"])
def test_a_scale_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="X_TIME_SCALE must be a number above 0 and up to 1"):
        Settings.from_environment(GIVEN | {"X_TIME_SCALE": value})
