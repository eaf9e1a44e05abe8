"""What a policy does at a warning and at a breach: once, by itself, and never more than can be done."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from helpdesk.mail.models import OutgoingMail
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Role
from helpdesk.people.permissions import Act
from helpdesk.sla import firing
from helpdesk.sla.calendar import BusinessHours
from helpdesk.sla.defaults import opening_hours
from helpdesk.sla.escalations import NOTHING, Escalation
from helpdesk.sla.policies import Conditions, book_of
from helpdesk.sla.publishing import PolicyDraft, order_policies, publish_calendar, publish_policy
from helpdesk.sla.queries import clocks_of_ticket
from helpdesk.tickets import (
    alert_queries,
    assignment,
    lifecycle,
    presence,
    queries,
    reminders,
    tagging_queries,
)
from helpdesk.tickets.models import Priority, Ticket, TimelineEvent
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, reply, standing

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


def promise(cast: Cast, at: datetime, *, at_warning: Escalation = NOTHING, at_breach: Escalation = NOTHING) -> None:
    """Every first response within an hour, day and night; warned at half of it."""
    draft = PolicyDraft(
        first_response=HOUR, next_response=HOUR, warn_fractions=(0.5,), at_warning=at_warning, at_breach=at_breach
    )
    with transaction():
        order_policies(cast.larkpost.id, [])
        publish_policy(cast.larkpost.id, "Hourly", draft, at=at)


def look(at: datetime) -> None:
    """As the worker does."""
    with transaction():
        reminders.note([*firing.claim_warnings(at=at), *firing.claim_breaches(at=at)], at=at)


def history(ticket: Ticket) -> list[str]:
    events = db.session.query(TimelineEvent).filter_by(ticket_id=ticket.id).order_by(TimelineEvent.id)
    return [event.kind for event in events if event.agent_id is None]


def test_a_warning_raises_and_tags_and_a_breach_hands_it_on(cast: Cast, at: datetime) -> None:
    promise(
        cast,
        at,
        at_warning=Escalation(priority="high", tag="waits"),
        at_breach=Escalation(team_id=cast.returns.id, agent_id=cast.bruno.id),
    )
    ticket = a_ticket(cast, at=at)

    look(at + 31 * MINUTE)
    assert (ticket.priority, tagging_queries.tags_of(ticket.id)) == (Priority.HIGH, ["waits"])
    assert (ticket.team_id, ticket.assignee_id) == (cast.support.id, None)

    look(at + 61 * MINUTE)
    assert (ticket.team_id, ticket.assignee_id) == (cast.returns.id, cast.bruno.id)
    before = history(ticket)
    look(at + 62 * MINUTE)
    look(at + 600 * MINUTE)
    assert history(ticket) == before, "once for an interval"
    assert before == ["opened", "due soon", "tagged", "priority", "overdue", "team", "assigned"]


def test_a_worker_that_slept_does_it_all_at_once_and_only_for_what_still_runs(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_warning=Escalation(tag="waits"), at_breach=Escalation(priority="urgent"))
    waiting, answered = a_ticket(cast, at=at, customer="1"), a_ticket(cast, at=at, customer="2")
    reply(answered, "Late", by=cast.amal, at=at + 70 * MINUTE)

    look(at + 200 * MINUTE)

    assert (waiting.priority, tagging_queries.tags_of(waiting.id)) == (Priority.URGENT, ["waits"])
    assert (answered.priority, tagging_queries.tags_of(answered.id)) == (Priority.NORMAL, [])
    assert history(answered)[1:] == ["due soon", "overdue"], "what happened is told all the same"


def test_a_priority_is_only_ever_raised(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_warning=Escalation(priority="high"))
    ticket = a_ticket(cast, at=at)
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.set_priority(locked, Priority.URGENT, by=cast.amal, at=at + MINUTE)
    look(at + 31 * MINUTE)
    assert ticket.priority == Priority.URGENT


def test_what_cannot_be_done_any_more_is_passed_over_and_the_rest_is_done(cast: Cast, at: datetime) -> None:
    elsewhere = cast.eve
    promise(cast, at, at_warning=Escalation(agent_id=elsewhere.id, tag="waits", team_id=10**12))
    ticket = a_ticket(cast, at=at)
    look(at + 31 * MINUTE)
    assert ticket.assignee_id is None
    assert tagging_queries.tags_of(ticket.id) == ["waits"]


def test_nobody_who_left_is_given_anything(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_warning=Escalation(agent_id=cast.amal.id))
    ticket = a_ticket(cast, at=at)
    with transaction():
        db.session.get_one(Agent, cast.amal.id).is_active = False
    look(at + 31 * MINUTE)
    assert ticket.assignee_id is None


def test_a_ticket_that_waits_for_the_customer_is_left_alone(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_breach=Escalation(priority="urgent"))
    ticket = a_ticket(cast, at=at)
    reply(ticket, "In time", by=cast.amal, at=at + MINUTE)
    look(at + 200 * MINUTE)
    assert ticket.priority == Priority.NORMAL


def test_two_rules_that_hand_a_ticket_to_each_other_come_to_an_end(cast: Cast, at: datetime) -> None:
    with transaction():
        order_policies(cast.larkpost.id, [])
        for team, other in ((cast.support, cast.returns), (cast.returns, cast.support)):
            draft = PolicyDraft(
                conditions=Conditions(team_ids=(team.id,)),
                first_response=HOUR,
                at_breach=Escalation(team_id=other.id),
            )
            publish_policy(cast.larkpost.id, f"Of {team.name}", draft, at=at)
    ticket = a_ticket(cast, at=at)

    for minutes in range(61, 600, 7):
        look(at + minutes * MINUTE)

    assert history(ticket).count("team") == 1
    assert len(clocks_of_ticket(ticket.id)) <= 4


def test_new_hours_keep_what_is_to_be_done(cast: Cast, at: datetime) -> None:
    [rule] = [r for r in book_of([cast.larkpost.id], at=at).rules[cast.larkpost.id] if r.name == "Standard"]
    escalation = Escalation(priority="urgent", tag="late")
    draft = PolicyDraft(calendar_id=rule.calendar_id, first_response=HOUR, at_breach=escalation)
    with transaction():
        publish_policy(cast.larkpost.id, "Standard", draft, at=at)
        publish_calendar(cast.larkpost.id, "Opening hours", opening_hours("Europe/Berlin"), at=at + MINUTE)
    [after] = [r for r in book_of([cast.larkpost.id], at=at + HOUR).rules[cast.larkpost.id] if r.name == "Standard"]
    assert after.promise.at_breach == escalation
    assert isinstance(after.promise.hours, BusinessHours)
    assert after.promise.hours.zone == "Europe/Berlin"
    assert replace(after.promise, at_breach=NOTHING).at_warning == NOTHING


@pytest.mark.parametrize(
    "escalation", [NOTHING, Escalation(priority="high"), Escalation(team_id=3, agent_id=4, tag="x")]
)
def test_it_is_kept_as_it_was_given(escalation: Escalation) -> None:
    assert Escalation.from_json(escalation.to_json()) == escalation


@pytest.mark.parametrize(
    ("mail_to", "has_it", "readers"),
    [("assignee", True, ["amal"]), ("assignee", False, ["lena"]), ("leads", True, ["lena"])],
)
def test_a_breach_is_mailed_once_to_who_can_mend_it(
    cast: Cast, at: datetime, mail_to: str, has_it: bool, readers: list[str]
) -> None:
    promise(cast, at, at_breach=Escalation(mail_to=mail_to))
    ticket = a_ticket(cast, at=at)
    if has_it:
        with transaction():
            locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.ASSIGN)
            assignment.take(locked, by=cast.amal, at=at)

    look(at + 30 * MINUTE)
    assert db.session.query(OutgoingMail).all() == []
    for _ in range(2):
        look(at + 61 * MINUTE)

    mails = db.session.query(OutgoingMail).all()
    assert [mail.to_address for mail in mails] == [getattr(cast, name).email for name in readers]
    assert mails[0].subject == f"The first response is overdue (ticket {ticket.id})"
    assert mails[0].path == f"/console/tickets/{ticket.id}"


@pytest.mark.parametrize(
    ("alert_to", "has_it", "told"),
    [("assignee", True, ["Amal"]), ("assignee", False, ["Lena"]), ("leads", True, ["Lena"]), ("", True, [])],
)
def test_who_is_to_know_is_alerted_until_they_have_looked(
    cast: Cast, at: datetime, alert_to: str, has_it: bool, told: list[str]
) -> None:
    promise(cast, at, at_breach=Escalation(alert_to=alert_to))
    ticket = a_ticket(cast, at=at)
    if has_it:
        with transaction():
            locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.ASSIGN)
            assignment.take(locked, by=cast.amal, at=at)

    look(at + 61 * MINUTE)

    everybody = [cast.amal, cast.bruno, cast.lena, cast.chidi]
    assert [one.name.split()[0] for one in everybody if alert_queries.unseen(standing(one)).n] == told
    for one in everybody:
        assert [shown.words for shown in alert_queries.alerts_of(standing(one))] == (
            ["The first response is overdue"] if one.name.split()[0] in told else []
        )
        with transaction():
            shown_to = queries.find_ticket(ticket.id, standing(cast.chidi))
            presence.look(shown_to, by=one, is_typing=False, at=at + 62 * MINUTE)
        assert alert_queries.unseen(standing(one)).n == 0


def test_an_alert_goes_with_its_ticket_out_of_sight(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_breach=Escalation(alert_to="assignee"))
    ticket = a_ticket(cast, at=at)
    with transaction():
        assignment.take(queries.lock_ticket(ticket.id, standing(cast.amal), Act.ASSIGN), by=cast.amal, at=at)
    look(at + 61 * MINUTE)
    assert alert_queries.unseen(standing(cast.amal)).n == 1

    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.MOVE)
        assignment.hand_to_team(locked, cast.returns, by=cast.chidi, at=at + 62 * MINUTE)

    assert alert_queries.unseen(standing(cast.amal)).n == 0
    assert alert_queries.alerts_of(standing(cast.amal)) == []


@pytest.mark.parametrize(
    ("at_breach", "told"),
    [
        (Escalation(alert_to="leads"), ["Lena"]),
        (Escalation(alert_to="assignee"), ["Amal", "Lena"]),
        (NOTHING, ["Lena"]),
    ],
    ids=["whom the breach is told too", "another than the breach is told", "a breach that is told nobody"],
)
def test_a_worker_that_was_away_tells_each_once_that_it_is_overdue(
    cast: Cast, at: datetime, at_breach: Escalation, told: list[str]
) -> None:
    promise(cast, at, at_warning=Escalation(alert_to="leads", tag="waits"), at_breach=at_breach)
    ticket = a_ticket(cast, at=at)
    with transaction():
        assignment.take(queries.lock_ticket(ticket.id, standing(cast.amal), Act.ASSIGN), by=cast.amal, at=at)

    look(at + 61 * MINUTE)

    words = {
        one.name.split()[0]: [shown.words for shown in alert_queries.alerts_of(standing(one))]
        for one in (cast.amal, cast.lena)
    }
    assert words == {name: ["The first response is overdue"] if name in told else [] for name in ("Amal", "Lena")}
    assert tagging_queries.tags_of(ticket.id) == ["waits"]


def test_without_leads_everybody_in_the_team_is_told(cast: Cast, at: datetime) -> None:
    promise(cast, at, at_breach=Escalation(alert_to="leads"))
    ticket = a_ticket(cast, at=at)
    with transaction():
        cast.lena.role = Role.AGENT

    look(at + 61 * MINUTE)

    team = people_queries.agents_of_teams([ticket.team_id])
    assert len(team) > 1
    assert all(alert_queries.unseen(standing(one)).n == 1 for one in team)
