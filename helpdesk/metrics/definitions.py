"""Every number in words: what it counts, from which row to which, in which unit, and whose it is.

Response times are read from clock rows: one row is one interval in which one promise was timed. A row that was
superseded never counts; a row whose reply was taken back has no stop and so counts as waiting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.sla.models import RESPONSES, ClockKind


class LiveNumber(StrEnum):
    """What the live board counts, in the order it shows it."""

    OPEN = "open"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    AT_RISK = "at-risk"
    OVERDUE = "overdue"
    HERE = "here"


class Measure(StrEnum):
    """A time that is measured, in the order it is shown."""

    FIRST_RESPONSE = "first-response"
    REPLY = "reply"
    RESOLUTION = "resolution"

    @property
    def kinds(self) -> tuple[ClockKind, ...]:
        """The clocks whose intervals it is read from."""
        return KINDS[self]

    @property
    def is_response(self) -> bool:
        return self is not Measure.RESOLUTION


KINDS: Mapping[Measure, tuple[ClockKind, ...]] = {
    Measure.FIRST_RESPONSE: (ClockKind.FIRST_RESPONSE,),
    Measure.REPLY: RESPONSES,
    Measure.RESOLUTION: (ClockKind.RESOLUTION,),
}


class Outcome(StrEnum):
    """What became of an interval; a number of response times counts the rows of one outcome."""

    ANSWERED = "answered"
    WAITING = "waiting"
    UNANSWERED = "unanswered"
    KEPT = "kept"
    BROKEN = "broken"


class Touch(StrEnum):
    """What a resolved ticket took."""

    ONE_TOUCH = "one-touch"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"


class Dimension(StrEnum):
    """What numbers are taken apart by.

    Hours and weekdays are those, in the period's zone, at which an interval ended; the priority is the ticket's now.
    """

    AGENT = "agent"
    TEAM = "team"
    CHANNEL = "channel"
    BRAND = "brand"
    PRIORITY = "priority"
    HOUR = "hour"
    WEEKDAY = "weekday"
    TAG = "tag"


class Basis(StrEnum):
    """Which time: all of it, or only the hours of the calendar that was promised, less pauses."""

    CLOCK = "clock"
    BUSINESS = "business"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One number in words."""

    name: str
    unit: str
    words: str
    starts: str = ""
    ends: str = ""
    belongs_to: str = ""


LIVE: Mapping[LiveNumber, Definition] = {
    LiveNumber.OPEN: Definition(
        name="Open", unit="tickets", words="Tickets that are open now; pending and snoozed ones are not."
    ),
    LiveNumber.UNASSIGNED: Definition(
        name="Unassigned",
        unit="tickets",
        words="Open tickets that nobody has taken. Agents see those of their own teams.",
    ),
    LiveNumber.WAITING: Definition(
        name="Waiting for us",
        unit="tickets",
        words="Open tickets in which the customer wrote last and has no answer yet.",
        starts="the oldest customer message without an answer",
        ends="now",
    ),
    LiveNumber.AT_RISK: Definition(
        name="At risk",
        unit="tickets",
        words="Tickets with a running promise of which three quarters of the time between its start and its due time "
        "have gone, and none overdue. A paused promise is not at risk.",
    ),
    LiveNumber.OVERDUE: Definition(
        name="Overdue",
        unit="tickets",
        words="Tickets with a running promise that is past its due time. A paused promise does not count here.",
    ),
    LiveNumber.HERE: Definition(
        name="Agents here",
        unit="agents",
        words="Agents who had the console open within the last minute, of all active agents in these teams.",
    ),
}

MEASURES: Mapping[Measure, Definition] = {
    Measure.FIRST_RESPONSE: Definition(
        name="First response",
        unit="seconds",
        words="How long a customer waited for our first reply, once for each ticket. Only a public reply by a person "
        "counts: through the desk, or from the network's own app.",
        starts="the episode's first customer message, at the time the network gives it",
        ends="our first public reply, at the instant it was submitted",
        belongs_to="who replied",
    ),
    Measure.REPLY: Definition(
        name="Reply",
        unit="seconds",
        words="How long a customer waited for each of our replies, once for each turn: several messages in a row are "
        "one turn. The first response is one of them.",
        starts="the first unanswered customer message of the turn",
        ends="our next public reply, at the instant it was submitted",
        belongs_to="who replied",
    ),
    Measure.RESOLUTION: Definition(
        name="Resolution",
        unit="seconds",
        words="How long the work on a ticket took, once for each ticket. A ticket that is reopened counts only when it "
        "is resolved again, from its first start.",
        starts="the episode's first customer message",
        ends="the last resolve",
        belongs_to="who resolved it",
    ),
}

OUTCOMES: Mapping[Outcome, Definition] = {
    Outcome.ANSWERED: Definition(
        name="Answered",
        unit="intervals",
        words="Intervals that ended in the period. Median and percentiles are exact, over every one of them.",
    ),
    Outcome.WAITING: Definition(
        name="Still waiting",
        unit="intervals",
        words="Intervals that began before the period's end and still run. They are in no median; the estimate beside "
        "it (Kaplan–Meier) takes in how long they have waited so far, so that not answering makes it worse.",
        belongs_to="who has the ticket",
    ),
    Outcome.UNANSWERED: Definition(
        name="Without a reply",
        unit="intervals",
        words="Intervals that ended in the period because the ticket was resolved without a reply. They are no "
        "responses; the estimate takes in how long they had waited.",
        belongs_to="who resolved the ticket",
    ),
    Outcome.KEPT: Definition(
        name="Kept", unit="promises", words="Promises that were met: the interval ended in the period, and in time."
    ),
    Outcome.BROKEN: Definition(
        name="Broken",
        unit="promises",
        words="Promises that were not met: ended in the period, but late; or fallen due before the period's end and "
        "open to this day.",
        belongs_to="who ended it, else who has the ticket",
    ),
}

ATTAINMENT = Definition(
    name="Promises kept",
    unit="per cent",
    words="Kept ÷ (kept + broken). A promise that is overdue and still open counts as broken; one that still has time "
    "counts as neither.",
)

TOUCHES: Mapping[Touch, Definition] = {
    Touch.ONE_TOUCH: Definition(
        name="One touch",
        unit="tickets",
        words="Of the tickets resolved in the period, those that took one answer and were never opened again. Several "
        "messages of ours in a row are one answer.",
        belongs_to="who resolved it",
    ),
    Touch.REOPENED: Definition(
        name="Reopened",
        unit="tickets",
        words="Of the tickets resolved in the period, those that had been resolved before and were opened again, by "
        "the customer or by us. One that is open again now is in the backlog, and counts here once it is resolved.",
        belongs_to="who resolved it at last",
    ),
    Touch.TRANSFERRED: Definition(
        name="Transferred",
        unit="tickets",
        words="Of the tickets resolved in the period, those that went from one team to another, or from one assignee "
        "to another. Being taken for the first time, or put back, is no transfer.",
        belongs_to="who resolved it",
    ),
}

ANSWERS_PER_RESOLUTION = Definition(
    name="Answers each",
    unit="answers",
    words="Answers in the tickets resolved in the period, divided by those tickets. Several messages of ours in a row "
    "are one answer.",
)

BACKLOG = Definition(
    name="Backlog",
    unit="tickets",
    words="Tickets that are not resolved: open, pending or snoozed. At the end of a past day: those opened before it "
    "and not resolved by then; one that was opened again later counts as not resolved all along.",
    belongs_to="who has the ticket",
)

AGE = Definition(
    name="Age",
    unit="seconds",
    words="How long ago the episode's first message was said, for what is in the backlog now.",
    starts="the episode's first message",
    ends="now",
)

HANDLE_TIME = Definition(
    name="Handle time",
    unit="seconds",
    words="How long an agent had a ticket open and was at it, all its spans that ended in the period together; once "
    "for each agent and ticket. A page that is hidden, or was not touched for two minutes, does not count.",
    starts="the agent opens the ticket",
    ends="the agent leaves it",
    belongs_to="the agent",
)

BASES: Mapping[Basis, Definition] = {
    Basis.CLOCK: Definition(name="Clock time", unit="seconds", words="All the time from start to end."),
    Basis.BUSINESS: Definition(
        name="Business time",
        unit="seconds",
        words="Only the opening hours of the calendar that was promised, less the time the promise was paused.",
    ),
}
