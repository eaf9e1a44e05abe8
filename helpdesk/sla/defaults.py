"""What a new brand starts with: opening hours and two rules, to be changed by its manager."""

import datetime as dt

from helpdesk.sla.calendar import CLOSED, BusinessHours, Interval
from helpdesk.sla.escalations import Escalation
from helpdesk.sla.models import CalendarVersion
from helpdesk.sla.policies import Conditions
from helpdesk.sla.publishing import PolicyDraft, publish_calendar, publish_policy

CALENDAR = "Opening hours"
_WORKDAY = (Interval.parse("09:00", "18:00"),)
_SATURDAY = (Interval.parse("10:00", "16:00"),)


def opening_hours(zone: str = "Europe/London", holidays: tuple[str, ...] = ("GB-ENG",)) -> BusinessHours:
    """Monday to Friday 9 to 18, Saturday 10 to 16, closed on public holidays."""
    return BusinessHours(zone=zone, weekly=(*[_WORKDAY] * 5, _SATURDAY, CLOSED), holidays=holidays)


def publish_defaults(
    brand_id: int, *, at: dt.datetime, hours: BusinessHours | None = None, by_agent_id: int | None = None
) -> CalendarVersion:
    """Give a brand its opening hours and its first two rules: one for customers tagged vip, one for everybody."""
    calendar = publish_calendar(brand_id, CALENDAR, hours or opening_hours(), at=at, by_agent_id=by_agent_id)
    for name, draft in _rules(calendar.calendar_id):
        publish_policy(brand_id, name, draft, at=at, by_agent_id=by_agent_id)
    return calendar


def _rules(calendar_id: int) -> list[tuple[str, PolicyDraft]]:
    who_has_it, leads = Escalation(alert_to="assignee"), Escalation(alert_to="leads")
    vip = PolicyDraft(
        conditions=Conditions(tags=("vip",)),
        calendar_id=calendar_id,
        first_response=dt.timedelta(minutes=10),
        next_response=dt.timedelta(minutes=15),
        resolution=dt.timedelta(hours=8),
        warn_fractions=(0.5, 0.75),
        at_warning=who_has_it,
        at_breach=leads,
    )
    standard = PolicyDraft(
        calendar_id=calendar_id,
        first_response=dt.timedelta(minutes=15),
        next_response=dt.timedelta(minutes=30),
        resolution=dt.timedelta(hours=24),
        at_warning=who_has_it,
        at_breach=who_has_it,
    )
    return [("VIP", vip), ("Standard", standard)]
