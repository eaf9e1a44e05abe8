"""What is counted of work: what resolved tickets took, what is left to do, and how long agents were at it."""

from dataclasses import dataclass
from datetime import date, datetime

from helpdesk.metrics.definitions import Touch


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Tickets resolved in a period, how many of them were of each touch, and how many answers they took together."""

    n: int
    touches: dict[Touch, int]
    answers: int

    def share(self, touch: Touch) -> float | None:
        """0 to 1; None where nothing was resolved."""
        return self.touches[touch] / self.n if self.n else None

    @property
    def answers_each(self) -> float | None:
        return self.answers / self.n if self.n else None


@dataclass(frozen=True, kw_only=True)
class Ages:
    """A backlog: how many tickets, and how old they are, in seconds; None without any."""

    n: int
    median: float | None
    p90: float | None
    oldest: float | None


@dataclass(frozen=True, kw_only=True)
class AgeRange:
    """Ages from `at_least` to less than `under`, in seconds; None: no bound."""

    at_least: int | None = None
    under: int | None = None


ANY_AGE = AgeRange()


@dataclass(frozen=True, kw_only=True)
class AgeBar:
    """Tickets at least `from_seconds` and less than `to_seconds` old (None: any older)."""

    from_seconds: int
    to_seconds: int | None
    n: int


@dataclass(frozen=True, kw_only=True)
class BacklogDay:
    """What was opened and resolved on a day, and what was left at its end, or now if it has not ended."""

    day: date
    opened: int
    resolved: int
    left: int


@dataclass(frozen=True, kw_only=True)
class BacklogTicket:
    """One ticket of the backlog, with what a person needs to recognise it."""

    ticket_id: int
    customer: str
    network: str
    team: str
    agent: str | None
    status: str
    opened_at: datetime
    waiting_since: datetime | None
    age_seconds: float


@dataclass(frozen=True, kw_only=True)
class Handled:
    """How long agents were at tickets, in seconds; `n` counts each agent and ticket once."""

    n: int
    total: float
    mean: float | None
    median: float | None
    p90: float | None


@dataclass(frozen=True, kw_only=True)
class HandledTicket:
    """How long one agent was at one ticket."""

    ticket_id: int
    customer: str
    network: str
    team: str
    agent: str
    spans: int
    last_at: datetime
    seconds: float
