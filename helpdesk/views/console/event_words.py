"""What happened to a ticket, as one line for people."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from helpdesk.sla.models import ClockKind
from helpdesk.tickets.page_queries import Happening
from helpdesk.views.console.clock_faces import when

PROMISE_WORDS: Mapping[str, str] = {
    ClockKind.FIRST_RESPONSE: "first reply",
    ClockKind.NEXT_RESPONSE: "next reply",
    ClockKind.RESOLUTION: "resolution",
}


@dataclass(frozen=True, kw_only=True)
class EventWords:
    who: str
    """A colleague, in full strength before the words; "" when nobody on the staff did it."""
    said: str


def words_of(happening: Happening, *, zone: str, at: datetime) -> EventWords | None:
    """None for what needs no line, since a message beside it says the same."""
    details = _told(happening, zone=zone, at=at)
    if happening.kind == "assigned" and details["to"] == happening.agent_name:
        return _by(happening, "took this", "")
    by_agent, by_nobody = _WORDS.get(happening.kind, ("", ""))
    return _by(happening, by_agent.format_map(details), by_nobody.format_map(details))


def _told(happening: Happening, *, zone: str, at: datetime) -> defaultdict[str, str]:
    """The event's details as words."""
    told = defaultdict(str, {name: str(value) for name, value in happening.details.items()})
    if "until" in told:
        told["until"] = when(datetime.fromisoformat(told["until"]), zone, at=at)
    if "promise" in told:
        told["promise"] = PROMISE_WORDS.get(told["promise"], "promise")
    return told


def _by(happening: Happening, by_agent: str, by_nobody: str) -> EventWords | None:
    if happening.agent_name:
        return EventWords(who=happening.agent_name.split()[0], said=by_agent) if by_agent else None
    return EventWords(who="", said=by_nobody) if by_nobody else None


# kind → (what an agent did, what happened by itself); "" where that gets no line.
_WORDS: Mapping[str, tuple[str, str]] = {
    "opened": ("opened this again", ""),
    "assigned": ("gave this to {to}", "Given to {to}"),
    "unassigned": ("put this back for the team to take", "Put back for the team to take"),
    "team": ("handed this to {to}", "Handed to {to}"),
    "resolved": ("resolved this", "Resolved"),
    "reopened": ("reopened this", "Reopened by the customer's message"),
    "pending": ("waits for the customer", "Waiting for the customer"),
    "snoozed": ("put this away until {until}", "Put away until {until}"),
    "priority": ("changed the priority from {before} to {after}", "Priority raised from {before} to {after}"),
    "tagged": ("added #{tag}", "Tagged #{tag}"),
    "untagged": ("removed #{tag}", ""),
    "customer tagged": ("tagged the customer #{tag}", ""),
    "customer untagged": ("took #{tag} from the customer", ""),
    "retried": ("sent a message again", ""),
    "discarded": ("gave up a message", ""),
    "taken back": ("took a reply back", ""),
    "scheduled": ("wrote a reply for {until}", ""),
    "rescheduled": ("moved a reply to {until}", ""),
    "sent now": ("did not wait for a reply's time", ""),
    "arrived": ("found that a message arrived", ""),
    "sent past": ("let the later messages go first", ""),
    "closing message": ("", "Only a thank-you, so the ticket stays resolved"),
    "due soon": ("", "The {promise} is due soon"),
    "overdue": ("", "The {promise} is due now"),
}
