"""A message that comes late, told as if it had come in its turn.

Between two things that the staff did, the order in which messages come must change nothing. Those that come in their
order are filed one after the other (intake.py); for one that was said before something we know already, the stretch
since the staff last did something is folded anew from what was said in it: when it opened the ticket again, which
thanks ask for nothing, which turns there were. What was said before that last deed, and heard of after it, counts from
when it was heard: nobody had read it. Not so an answer that the brand gave in the network's own app: the customer had
read it, and so every turn of the episode is counted again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from helpdesk.messaging.inbound import PlacedMessage
from helpdesk.orm import db
from helpdesk.sla import retelling
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.models import RESPONSES, ClockKind
from helpdesk.sla.policies import TicketFacts
from helpdesk.sla.recounting import recount
from helpdesk.tickets import episode_queries, lifecycle, promises
from helpdesk.tickets.closing_messages import is_closing_message
from helpdesk.tickets.episode_queries import SaidInEpisode
from helpdesk.tickets.happened_queries import happened_in
from helpdesk.tickets.models import Status, Ticket, TicketMessage, TimelineEvent
from helpdesk.tickets.timeline import record_event

_AN_INSTANT = timedelta(microseconds=1)

_STATUS_AFTER = {
    "resolved": Status.RESOLVED,
    "pending": Status.PENDING,
    "snoozed": Status.SNOOZED,
    "reopened": Status.OPEN,
    "opened": Status.OPEN,
}
_ANSWERS = ("replied", "retried")


@dataclass(frozen=True, kw_only=True)
class _Deeds:
    """What the staff did to a ticket so far, as far as it bounds what messages may change."""

    status: Status | None
    """As they last left it; None: they never changed it."""
    status_at: datetime | None
    answered_at: datetime | None
    """Their last answer that arrived, or resolve: what was said before it is answered."""
    acted_at: datetime | None
    """Their last answer or resolve, also where it came to nothing: what we heard of after it nobody had read."""
    has_replied: bool

    def has_answered_since(self, instant: datetime) -> bool:
        return self.answered_at is not None and instant <= self.answered_at

    @property
    def last_at(self) -> datetime | None:
        return max((t for t in (self.status_at, self.acted_at) if t is not None), default=None)


def file_late(ticket: Ticket, message: PlacedMessage, *, facts: TicketFacts) -> None:
    """File a message that was said before something we know of already."""
    deeds = _deeds(ticket)
    counts_from = message.sent_at if message.is_from_brand else _counts_from(deeds, message)
    row = {
        "message_id": message.id,
        "ticket_id": ticket.id,
        "counts_from": counts_from if counts_from != message.sent_at else None,
    }
    db.session.execute(insert(TicketMessage).on_conflict_do_nothing(), [row])
    if message.is_from_brand:
        record_event(ticket, "replied", by=None, at=message.sent_at, message_id=message.id)
    if message.is_from_brand and deeds.has_answered_since(message.sent_at):
        _count_turns_again(ticket, facts, at=message.received_at)
    else:
        _refold(ticket, deeds, facts, at=max(message.received_at, counts_from))


def can_fold(ticket: Ticket, message: PlacedMessage) -> bool:
    """Whether the episode can be told anew with this message in its turn.

    Not with an answer before one of ours, where the network's own record was read: some of its turns are timed by
    nothing (past_messages.py), so they cannot be counted again.
    """
    if not message.is_from_brand or not _deeds(ticket).has_answered_since(message.sent_at):
        return True
    return not (message.is_backfilled or episode_queries.holds_backfilled(ticket.id))


def is_late(ticket: Ticket, message: PlacedMessage) -> bool:
    """Whether it was said before something that was said or done already, or that counts already."""
    acted_at = max((t for t in (ticket.last_reply_at, ticket.resolved_at) if t is not None), default=None)
    return (
        message.is_late
        or (acted_at is not None and message.sent_at <= acted_at)
        or _is_before_our_reopening(ticket, message)
        or (message.is_from_brand and _is_before_what_counts(ticket, message))
    )


def _is_before_our_reopening(ticket: Ticket, message: PlacedMessage) -> bool:
    """Whether the staff has opened the ticket again since; what it had been resolved with shows no more."""
    return ticket.reopened_count > 0 and episode_queries.was_reopened_after(ticket.id, message.sent_at)


def _is_before_what_counts(ticket: Ticket, message: PlacedMessage) -> bool:
    """Whether something that was said earlier counts only from a later instant, when it was heard of."""
    return episode_queries.counts_something_after(ticket.id, message.sent_at)


def _counts_from(deeds: _Deeds, message: PlacedMessage) -> datetime:
    if deeds.last_at is None or message.sent_at > deeds.last_at:
        return message.sent_at
    return max(message.received_at, deeds.last_at + _AN_INSTANT)


def _deeds(ticket: Ticket) -> _Deeds:
    events = [event for event in episode_queries.events_of(ticket.id) if not _is_caused_by_message(event)]
    in_vain = episode_queries.replies_in_vain(ticket.id)
    # The first event says that the ticket was opened, by a message.
    changes = [event for event in events[1:] if event.kind in _STATUS_AFTER]
    acts = [
        event for event in events if event.kind == "resolved" or (event.kind in _ANSWERS and event.agent_id is not None)
    ]
    answers = [event for event in acts if event.details.get("message_id") not in in_vain]
    return _Deeds(
        status=_STATUS_AFTER[changes[-1].kind] if changes else None,
        status_at=changes[-1].at if changes else None,
        answered_at=max((event.at for event in answers), default=None),
        acted_at=max((event.at for event in acts), default=None),
        has_replied=any(event.kind in _ANSWERS for event in answers),
    )


def _is_caused_by_message(event: TimelineEvent) -> bool:
    return event.agent_id is None and event.kind in ("opened", "reopened") and "message_id" in event.details


def _refold(ticket: Ticket, deeds: _Deeds, facts: TicketFacts, *, at: datetime) -> None:
    said = [one for one in episode_queries.said_in(ticket.id) if not one.is_from_desk]
    opener, closing = _fold_status(said, deeds)
    _write_closing(ticket, said, closing, deeds)
    if opener is not None:
        _open_with(ticket, opener)
    elif deeds.status is None:
        # It was believed to begin with a message of the brand's, and begins with one of the customer's.
        if ticket.status == Status.PENDING and not said[0].is_from_app:
            lifecycle.move(ticket, Status.OPEN)
        _forget([event for event in episode_queries.events_of(ticket.id) if _is_caused_by_message(event)])
    _write_turns(ticket, [one for one in said if one.message_id not in closing], deeds, facts, at=at)
    if deeds.last_at is None:
        _move_opening(ticket, said[0].counts_from)
    promises.refresh_due([ticket])


def _fold_status(said: Sequence[SaidInEpisode], deeds: _Deeds) -> tuple[SaidInEpisode | None, set[int]]:
    """The customer's message that opened the ticket again, if one did, and those that ask for nothing."""
    status, closing = deeds.status, set[int]()
    if status is None:
        # The ticket began with a message: one of the brand's waits for the customer.
        status = Status.PENDING if said[0].is_from_app else Status.OPEN
    for one in said:
        if one.is_from_app or (deeds.status_at is not None and one.counts_from <= deeds.status_at):
            continue
        if status == Status.RESOLVED and is_closing_message(one.text):
            closing.add(one.message_id)
        elif status != Status.OPEN:
            return one, closing
    return None, closing


def _write_closing(ticket: Ticket, said: Sequence[SaidInEpisode], closing: Collection[int], deeds: _Deeds) -> None:
    """One event for each message that asks for nothing, none for others."""
    events = [event for event in episode_queries.events_of(ticket.id) if event.kind == "closing message"]
    recorded = {event.details["message_id"]: event for event in events if _is_after(event.at, deeds.status_at)}
    _forget([event for message_id, event in recorded.items() if message_id not in closing])
    for one in said:
        if one.message_id in closing and one.message_id not in recorded:
            record_event(ticket, "closing message", by=None, at=one.counts_from, message_id=one.message_id)


def _forget(events: Sequence[TimelineEvent]) -> None:
    db.session.execute(delete(TimelineEvent).where(TimelineEvent.id.in_([event.id for event in events])))


def _is_after(instant: datetime, other: datetime | None) -> bool:
    return other is None or instant > other


def _open_with(ticket: Ticket, opener: SaidInEpisode) -> None:
    """The ticket was opened again by this message, not by a later one."""
    if ticket.status not in (Status.OPEN, Status.CLOSED):
        lifecycle.open_again(ticket, by=None, at=opener.counts_from, message_id=opener.message_id)
    else:
        _tell_opening(ticket, opener)
    retelling.end_pauses(ticket.id, at=opener.counts_from)


def _tell_opening(ticket: Ticket, opener: SaidInEpisode) -> None:
    caused = [event for event in episode_queries.events_of(ticket.id) if _is_caused_by_message(event)]
    if not caused:
        record_event(ticket, "opened", by=None, at=opener.counts_from, message_id=opener.message_id)
    elif caused[-1].at != opener.counts_from:
        caused[-1].at, caused[-1].details = opener.counts_from, {"message_id": opener.message_id}


def _write_turns(
    ticket: Ticket, said: Sequence[SaidInEpisode], deeds: _Deeds, facts: TicketFacts, *, at: datetime
) -> None:
    replies = [one.counts_from for one in said if one.is_from_app]
    has_reopened = ticket.reopened_count > 0

    def kind_of(began: datetime) -> ClockKind:
        is_first = not deeds.has_replied and not has_reopened and all(reply > began for reply in replies)
        return ClockKind.FIRST_RESPONSE if is_first else ClockKind.NEXT_RESPONSE

    since = deeds.answered_at
    counted = [
        (one.counts_from, one.message_id if one.is_from_app else None)
        for one in said
        if _is_after(one.counts_from, since)
    ]
    carried = retelling.carried_over(ticket.id, since)
    if carried is not None:
        since, counted = carried.started_at - _AN_INSTANT, [(carried.started_at, None), *counted]
    turns = list(retelling.turns_of(counted, kind_of=kind_of))
    if carried is not None:
        turns[0] = replace(turns[0], kind=carried.kind)
    retelling.retell_turns(ticket.id, turns, since=since, facts=facts, held_by_agent_id=ticket.assignee_id, at=at)
    ticket.waiting_since = turns[-1].started_at if turns and turns[-1].stopped_at is None else None
    asked = [one.counts_from for one in said if not one.is_from_app]
    if asked and ticket.status == Status.OPEN:
        start = ClockStart(ticket_id=ticket.id, kind=ClockKind.RESOLUTION, started_at=asked[0], facts=facts)
        promises.start([start], [ticket], at=at)
    ticket.last_reply_at = max([*replies, *([ticket.last_reply_at] if ticket.last_reply_at else [])], default=None)


def _count_turns_again(ticket: Ticket, facts: TicketFacts, *, at: datetime) -> None:
    """All of the episode's, by what was said and done in it; with them what each answer is counted as."""
    turns = [one for one in recount(happened_in([ticket.id])[ticket.id]) if one.kind in RESPONSES]
    retelling.retell_turns(ticket.id, turns, since=None, facts=facts, held_by_agent_id=ticket.assignee_id, at=at)
    ticket.waiting_since = next((turn.started_at for turn in turns if turn.stopped_at is None), None)
    promises.refresh_due([ticket])


def _move_opening(ticket: Ticket, began_at: datetime) -> None:
    if began_at < ticket.opened_at:
        ticket.opened_at = began_at
        episode_queries.events_of(ticket.id)[0].at = began_at
