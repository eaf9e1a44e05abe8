"""The one place that reads the clock; everything else is told the instant as `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)
