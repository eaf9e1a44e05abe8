"""Which rule takes a ticket, and what publishing and ordering rules does."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import InvalidInput, NotFound
from helpdesk.orm import db
from helpdesk.people.models import Brand
from helpdesk.sla import queries
from helpdesk.sla.calendar import CLOSED, BusinessHours, Interval, NeverOpen
from helpdesk.sla.defaults import opening_hours, publish_defaults
from helpdesk.sla.models import CalendarVersion, ClockKind, Policy, PolicyVersion
from helpdesk.sla.policies import Conditions, book_of, choose
from helpdesk.sla.publishing import PolicyDraft, order_policies, publish_calendar, publish_policy
from tests.sla.conftest import OFFICE, World, saved

MINUTES = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        pytest.param(Conditions(), "it takes every ticket", id="any"),
        pytest.param(Conditions(priorities=("high", "urgent")), "priority is high", id="one of the priorities"),
        pytest.param(Conditions(priorities=("low",)), None, id="another priority"),
        pytest.param(Conditions(networks=("native",)), "it came over native", id="network"),
        pytest.param(Conditions(networks=("x",)), None, id="another network"),
        pytest.param(Conditions(tags=("vip", "press")), "it is tagged vip", id="one of the tags"),
        pytest.param(Conditions(tags=("press",)), None, id="another tag"),
        pytest.param(Conditions(team_ids=(-1,)), None, id="another team"),
        pytest.param(Conditions(account_ids=(-1,)), None, id="another account"),
        pytest.param(
            Conditions(priorities=("high",), tags=("vip",)), "priority is high and it is tagged vip", id="both"
        ),
        pytest.param(Conditions(priorities=("high",), tags=("press",)), None, id="one of two is not enough"),
    ],
)
def test_conditions_say_why_they_take_a_ticket(world: World, conditions: Conditions, reason: str | None) -> None:
    assert conditions.reason(world.facts(priority="high", tags=("vip", "new"))) == reason


def test_conditions_name_teams_and_accounts(world: World) -> None:
    assert Conditions(team_ids=(world.team,)).reason(world.facts()) == "its team is one it names"
    assert Conditions(account_ids=(world.account,)).reason(world.facts()) == "its channel account is one it names"


def test_the_first_rule_that_matches_wins_and_says_why(world: World, at: dt.datetime) -> None:
    publish_policy(world.brand, "Press", PolicyDraft(conditions=Conditions(tags=("press",)), resolution=HOUR), at=at)
    publish_policy(world.brand, "VIP", PolicyDraft(conditions=Conditions(priorities=("high",))), at=at)
    publish_policy(world.brand, "All", PolicyDraft(first_response=HOUR), at=at)

    vip = choose(world.facts(priority="high"), at=at)
    other = choose(world.facts(), at=at)

    assert vip.matched == "matched rule 2 ‘VIP’ because priority is high"
    assert vip.promise.targets == {}
    assert other.matched == "matched rule 3 ‘All’ because it takes every ticket"
    assert other.promise.targets == {ClockKind.FIRST_RESPONSE: HOUR}


def test_the_order_of_the_list_decides_not_the_age_of_a_rule(world: World, at: dt.datetime) -> None:
    old = publish_policy(world.brand, "All", PolicyDraft(), at=at).policy_id
    new = publish_policy(world.brand, "VIP", PolicyDraft(conditions=Conditions(tags=("vip",))), at=at).policy_id
    assert choose(world.facts(tags=("vip",)), at=at).matched.startswith("matched rule 1 ‘All’")

    order_policies(world.brand, [new, old])
    db.session.commit()

    assert choose(world.facts(tags=("vip",)), at=at).matched.startswith("matched rule 1 ‘VIP’")


def test_a_rule_left_out_of_the_order_takes_no_more_tickets(world: World, at: dt.datetime) -> None:
    publish_policy(world.brand, "All", PolicyDraft(), at=at)

    order_policies(world.brand, [])

    assert choose(world.facts(), at=at).matched == "no rule matched"
    assert [policy.position for policy in queries.policies_of_brand(world.brand)] == [None]


def test_publishing_a_withdrawn_rule_brings_it_back(world: World, at: dt.datetime) -> None:
    publish_policy(world.brand, "All", PolicyDraft(), at=at)
    order_policies(world.brand, [])

    publish_policy(world.brand, "All", PolicyDraft(), at=at)

    assert choose(world.facts(), at=at).matched.startswith("matched rule 1 ‘All’")


def test_two_rules_cannot_stand_at_one_place(world: World, at: dt.datetime) -> None:
    saved(Policy(brand_id=world.brand, position=1, name="One"))
    saved(Policy(brand_id=world.brand, position=1, name="Two"))

    with pytest.raises(IntegrityError):
        db.session.execute(db.text("set constraints all immediate"))


def test_rules_of_another_brand_are_not_asked(world: World, at: dt.datetime) -> None:
    other = saved(Brand(handle="other", name="Other"))
    publish_policy(other.id, "All", PolicyDraft(), at=at)

    assert choose(world.facts(), at=at).matched == "no rule matched"
    with pytest.raises(NotFound):
        order_policies(world.brand, [policy.id for policy in queries.policies_of_brand(other.id)])


def test_a_version_is_in_force_from_its_publication(world: World, at: dt.datetime) -> None:
    publish_policy(world.brand, "All", PolicyDraft(first_response=HOUR), at=at)
    publish_policy(world.brand, "All", PolicyDraft(first_response=2 * HOUR), at=at + HOUR)

    assert choose(world.facts(), at=at).promise.targets[ClockKind.FIRST_RESPONSE] == HOUR
    assert choose(world.facts(), at=at + HOUR).promise.targets[ClockKind.FIRST_RESPONSE] == 2 * HOUR
    assert choose(world.facts(), at=at - HOUR).matched == "no rule matched"


def test_versions_are_numbered(world: World, at: dt.datetime) -> None:
    first = publish_policy(world.brand, "All", PolicyDraft(first_response=HOUR), at=at)
    second = publish_policy(world.brand, " All ", PolicyDraft(first_response=2 * HOUR), at=at, by_agent_id=world.amal)

    assert [first.version, second.version] == [1, 2]
    assert first.policy_id == second.policy_id
    assert second.published_by_agent_id == world.amal


def test_a_policy_version_never_changes(world: World, at: dt.datetime) -> None:
    version = publish_policy(world.brand, "All", PolicyDraft(first_response=HOUR), at=at)

    version.first_response_seconds = 1

    with pytest.raises(TypeError, match="never changes"):
        db.session.flush()


def test_a_calendar_version_never_changes(world: World, at: dt.datetime) -> None:
    version = publish_calendar(world.brand, "Office", OFFICE, at=at)

    version.definition = {}

    with pytest.raises(TypeError, match="never changes"):
        db.session.flush()


def test_a_new_calendar_version_gives_its_policies_a_new_version(world: World, at: dt.datetime) -> None:
    calendar = publish_calendar(world.brand, "Office", OFFICE, at=at)
    draft = PolicyDraft(calendar_id=calendar.calendar_id, first_response=HOUR, warn_fractions=(0.5, 0.9))
    publish_policy(world.brand, "Office hours", draft, at=at)
    publish_policy(world.brand, "All hours", PolicyDraft(), at=at)

    longer = opening_hours("UTC")
    published = publish_calendar(world.brand, "Office", longer, at=at)

    in_force = [
        (policy.name, version.version) for policy, version, _ in queries.policies_in_force([world.brand], at=at)
    ]
    assert published.version == 2
    assert in_force == [("Office hours", 2), ("All hours", 1)]
    promise = choose(world.facts(), at=at).promise
    assert promise.hours == longer
    assert promise.targets == {ClockKind.FIRST_RESPONSE: HOUR}
    assert promise.warn_fractions == (0.5, 0.9)


def test_a_calendar_that_never_opens_is_not_published(world: World, at: dt.datetime) -> None:
    with pytest.raises(NeverOpen):
        publish_calendar(world.brand, "Office", BusinessHours(weekly=(CLOSED,) * 7), at=at)

    assert list(queries.calendars_of_brand(world.brand)) == []


def test_a_calendar_of_another_brand_is_not_found(world: World, at: dt.datetime) -> None:
    other = saved(Brand(handle="other", name="Other"))
    calendar = publish_calendar(other.id, "Office", OFFICE, at=at)

    with pytest.raises(NotFound):
        publish_policy(world.brand, "All", PolicyDraft(calendar_id=calendar.calendar_id), at=at)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        pytest.param(PolicyDraft(first_response=dt.timedelta(0)), "first_response", id="no time at all"),
        pytest.param(PolicyDraft(next_response=-HOUR), "next_response", id="less than none"),
        pytest.param(PolicyDraft(resolution=dt.timedelta(days=4000)), "resolution", id="more than ten years"),
        pytest.param(PolicyDraft(warn_fractions=(0.0,)), "warn_fractions", id="a warning at the start"),
        pytest.param(PolicyDraft(warn_fractions=(0.5, 1.0)), "warn_fractions", id="a warning at the target"),
        pytest.param(PolicyDraft(warn_fractions=(float("nan"),)), "warn_fractions", id="a warning at no number"),
    ],
)
def test_a_promise_that_makes_no_sense_is_refused(
    world: World, at: dt.datetime, draft: PolicyDraft, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        publish_policy(world.brand, "All", draft, at=at)

    assert refusal.value.field == field


def test_a_target_that_its_hours_hold_only_in_ages_is_refused(world: World, at: dt.datetime) -> None:
    weekly = (*[CLOSED] * 6, (Interval.parse("09:00", "09:01"),))
    short = publish_calendar(world.brand, "A minute a week", BusinessHours(weekly=weekly), at=at)
    office = publish_calendar(world.brand, "Office", OFFICE, at=at)
    draft = PolicyDraft(calendar_id=office.calendar_id, resolution=24 * HOUR)
    publish_policy(world.brand, "All", draft, at=at)

    with pytest.raises(InvalidInput, match="less open time") as refusal:
        publish_policy(world.brand, "All", replace(draft, calendar_id=short.calendar_id), at=at)
    assert refusal.value.field == "resolution"
    with pytest.raises(InvalidInput, match="less open time"):
        publish_calendar(world.brand, "Office", BusinessHours(weekly=weekly), at=at)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_policy_has_a_name(world: World, at: dt.datetime, name: str) -> None:
    with pytest.raises(InvalidInput):
        publish_policy(world.brand, name, PolicyDraft(), at=at)


def test_a_batch_loads_the_rules_of_its_brands_in_one_statement(
    world: World, at: dt.datetime, statements: Callable[[], int]
) -> None:
    publish_defaults(world.brand, at=at)
    statements()

    book = book_of([world.brand], at=at)
    assert statements() == 1
    for _ in range(100):
        book.choose(world.facts())
    assert statements() == 0


def test_the_first_rules_of_a_brand_are_believable(world: World, at: dt.datetime) -> None:
    publish_defaults(world.brand, at=at, by_agent_id=world.amal)

    vip, standard = choose(world.facts(tags=("vip",)), at=at), choose(world.facts(), at=at)

    assert vip.matched == "matched rule 1 ‘VIP’ because it is tagged vip"
    assert vip.promise.targets[ClockKind.FIRST_RESPONSE] == 10 * MINUTES
    assert standard.matched == "matched rule 2 ‘Standard’ because it takes every ticket"
    assert standard.promise.targets == {
        ClockKind.FIRST_RESPONSE: 15 * MINUTES,
        ClockKind.NEXT_RESPONSE: 30 * MINUTES,
        ClockKind.RESOLUTION: 24 * HOUR,
    }
    assert standard.promise.hours == opening_hours()
    assert db.session.query(CalendarVersion).count() == 1
    assert db.session.query(PolicyVersion).count() == 2
