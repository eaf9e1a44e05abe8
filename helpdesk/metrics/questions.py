"""What is asked of response times, and what comes back: plain frozen values."""

from dataclasses import dataclass
from datetime import date, datetime

from helpdesk.metrics.definitions import Basis, Measure, Touch
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope

NOBODY = 0
"""Stands for "by nobody we know" where an agent's id is asked for: a reply from the network's own app."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which intervals: what happened in the period, or still runs at `at`.

    `agent_id` is whose they are; `at_least` and `under` are seconds of the basis, for one bar of the distribution;
    `touch` is what their tickets took.
    """

    scope: Scope
    measure: Measure
    period: Period
    at: datetime
    basis: Basis = Basis.CLOCK
    agent_id: int | None = None
    at_least: float | None = None
    under: float | None = None
    touch: Touch | None = None


@dataclass(frozen=True, kw_only=True)
class Times:
    """Seconds; None when there is nothing to measure."""

    mean: float | None
    median: float | None
    p90: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How many intervals had which outcome, and how long the answered ones took."""

    n: int
    clock: Times
    business: Times
    waiting: int
    unanswered: int
    kept: int
    broken: int
    target_seconds: int | None
    """What was promised, where it was the same for all."""

    def times(self, basis: Basis) -> Times:
        return self.clock if basis is Basis.CLOCK else self.business

    @property
    def attainment(self) -> float | None:
        return part_kept(self.kept, self.broken)


def part_kept(kept: int, broken: int) -> float | None:
    """Part of the promises that was kept, 0 to 1; None without any."""
    return kept / (kept + broken) if kept + broken else None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Kaplan–Meier over answered, waiting and unanswered intervals, in seconds of clock time.

    None: so many wait that it is longer than anything measured.
    """

    median: float | None
    p90: float | None


@dataclass(frozen=True, kw_only=True)
class DayFigures:
    day: date
    n: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, kw_only=True)
class HourFigures:
    """What was answered in one hour of the week; `median` in seconds."""

    n: int
    median: float
    late: int


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Intervals that took at least `from_seconds` and less than `to_seconds` (None: anything longer)."""

    from_seconds: float
    to_seconds: float | None
    n: int
    late: int


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answered interval, under the name that it counts under."""

    name: str | None
    clock_id: int
    started_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, kw_only=True)
class Interval:
    """One counted row, with what a person needs to recognise it."""

    clock_id: int
    ticket_id: int
    kind: str
    customer: str
    network: str
    team: str
    agent: str | None
    message_id: int | None
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    target_seconds: int | None
    clock_seconds: float
    business_seconds: float | None
    is_kept: bool
    is_broken: bool
