"""Days in somebody's zone, as the half-open span of instants they cover."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.errors import InvalidInput
from helpdesk.sla.calendar import zone_named

USUAL_DAYS = 28
LONGEST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Period:
    """From the first to the last day, both included; a day has 23 to 25 hours in `zone`."""

    first: date
    last: date
    zone: str

    @property
    def since(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The first instant that is no longer in it."""
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def words(self) -> str:
        """Such as 28 Oct – 24 Nov 2026."""
        year = f" {self.first.year}" if self.first.year != self.last.year else ""
        if self.first == self.last:
            return f"{self.last.day} {self.last:%b %Y}"
        return f"{self.first.day} {self.first:%b}{year} – {self.last.day} {self.last:%b %Y}"

    @property
    def before(self) -> "Period":
        """As many days, up to the day before its first."""
        last = self.first - timedelta(days=1)
        return Period(first=last - (self.last - self.first), last=last, zone=self.zone)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def period_of(first: str, last: str, *, zone: str, at: datetime) -> Period:
    """Read two dates as 2026-11-22; left out, the 28 days to today.

    Raises InvalidInput for what is no date or zone, ends before it begins, or is longer than a year.
    """
    today = at.astimezone(zone_named(zone)).date()
    end = _date(last, "to") or today
    begin = _date(first, "from") or end - timedelta(days=USUAL_DAYS - 1)
    if begin > end:
        raise InvalidInput("The period ends before it begins.", field="to")
    if (end - begin).days >= LONGEST_DAYS:
        raise InvalidInput("Choose a period of at most a year.", field="from")
    return Period(first=begin, last=end, zone=zone)


def _date(words: str, field: str) -> date | None:
    if not words:
        return None
    try:
        found = date.fromisoformat(words)
    except ValueError:
        raise InvalidInput("Write a date as 2026-11-22.", field=field) from None
    if not 2000 <= found.year <= 2100:
        raise InvalidInput("Choose a date between 2000 and 2100.", field=field)
    return found


def midnight(day: date, zone: str) -> datetime:
    """At which the day begins in the zone."""
    return datetime.combine(day, time(), ZoneInfo(zone))
