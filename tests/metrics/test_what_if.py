"""What would have been: the rules as they were give what was measured; other rules what they give when they are lived.

The same random month is played twice, in two worlds whose rules differ. What the first world forecasts of the second's
rules is what the second measures.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from helpdesk.importing.running import Wish, import_history
from helpdesk.metrics import response_times, what_if_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.replaying import replay
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.what_if import Tally, WhatIf, what_if, worst
from helpdesk.sla.calendar import CLOSED, BusinessHours, Interval
from helpdesk.sla.defaults import publish_defaults
from helpdesk.sla.models import ClockKind
from helpdesk.sla.policies import Conditions, PolicyBook, book_of
from helpdesk.sla.publishing import PolicyDraft, order_policies, publish_calendar, publish_policy
from helpdesk.sla.queries import policies_of_brand
from helpdesk.sla.retargeting import book_with_hours, book_with_policy
from helpdesk.tickets import lifecycle, tagging
from helpdesk.tickets.models import Priority, Status
from helpdesk.transaction import transaction
from tests.importing.conftest import lines_of, no_progress, says
from tests.metrics.history import History
from tests.support import cast as casting
from tests.support.cast import SECRET_KEY, Cast
from tests.support.sessions import truncate_everything

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PERIOD = period_of("2026-10-25", "2026-11-20", zone="Europe/London", at=LOOKED_AT)

Publish = Callable[[Cast, datetime], None]


class ChangingHistory(History):
    """Besides, priorities and tags change, which may mean another rule."""

    def _step(self, customer: str, at: datetime) -> None:
        ticket = self._ticket_of(customer)
        if ticket is None or ticket.status == Status.CLOSED or self.random.random() > 0.2:
            return super()._step(customer, at)
        locked, by = self._locked(customer)
        with transaction():
            match self.random.choice(["priority", "tag", "untag"]):
                case "priority":
                    lifecycle.set_priority(locked, self.random.choice(list(Priority)), by=by, at=at)
                case "tag":
                    tagging.add_tag(locked, self.random.choice(["vip", "late"]), by=by, at=at)
                case _:
                    tagging.remove_tag(locked, self.random.choice(["vip", "late"]), by=by, at=at)
        return None


def usual_rules(cast: Cast, at: datetime) -> None:
    publish_defaults(cast.larkpost.id, at=at)


def other_rules(cast: Cast, at: datetime) -> None:
    """Rules that ask for everything a rule can ask for, in two calendars, and pause otherwise."""
    brand = cast.larkpost.id
    order_policies(brand, [])
    nights = (Interval.parse("20:00", "04:30"), Interval.parse("09:00", "12:00"))
    late = publish_calendar(
        brand, "Nights", BusinessHours(zone="America/New_York", weekly=(*[nights] * 6, CLOSED)), at=at
    )
    minutes = timedelta(minutes=1)
    drafts = {
        "Urgent": PolicyDraft(
            conditions=Conditions(priorities=("high", "urgent")),
            first_response=12 * minutes,
            next_response=20 * minutes,
            resolution=600 * minutes,
            pause_while_pending=False,
        ),
        "Returns late": PolicyDraft(
            conditions=Conditions(team_ids=(cast.returns.id,), tags=("late", "vip")),
            calendar_id=late.calendar_id,
            first_response=70 * minutes,
            resolution=400 * minutes,
            pause_while_snoozed=False,
        ),
        "Others": PolicyDraft(calendar_id=late.calendar_id, first_response=8 * minutes, next_response=45 * minutes),
    }
    for name, draft in drafts.items():
        publish_policy(brand, name, draft, at=at)


def live(publish: Publish, seed: int) -> Cast:
    """A month under these rules. What happens depends on the seed alone."""
    truncate_everything()
    cast = casting.assemble(at=LOOKED_AT - timedelta(days=60))
    with transaction():
        order_policies(cast.larkpost.id, [])
        publish(cast, LOOKED_AT - timedelta(days=60))
    played = ChangingHistory(cast=cast, random=Random(seed))
    played.play(customers=15, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)
    return cast


def scope_of(cast: Cast) -> Scope:
    return Scope(team_ids=frozenset({cast.support.id, cast.returns.id}))


def measured(cast: Cast) -> dict[Measure, tuple[int, int]]:
    """Kept and broken as the pages count them."""
    found = {}
    for measure in (Measure.REPLY, Measure.RESOLUTION):
        figures = response_times.figures(Question(scope=scope_of(cast), measure=measure, period=PERIOD, at=LOOKED_AT))
        found[measure] = (figures.kept, figures.broken)
    return found


def forecast(found: WhatIf, side: str) -> dict[Measure, tuple[int, int]]:
    tallies: dict[ClockKind, Tally] = {kind: getattr(sides, side) for kind, sides in found.by_kind.items()}
    return {
        measure: (
            sum(tallies[kind].kept for kind in measure.kinds if kind in tallies),
            sum(tallies[kind].broken for kind in measure.kinds if kind in tallies),
        )
        for measure in (Measure.REPLY, Measure.RESOLUTION)
    }


def compare(cast: Cast, now: PolicyBook, changed: PolicyBook) -> WhatIf:
    return what_if(scope_of(cast), PERIOD, now=now, changed=changed, at=LOOKED_AT)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("publish", [usual_rules, other_rules])
def test_the_rules_as_they_were_give_exactly_what_was_measured(committed: Flask, publish: Publish, seed: int) -> None:
    cast = live(publish, seed)
    book = book_of([cast.larkpost.id], at=LOOKED_AT)

    found = compare(cast, book, book)

    assert forecast(found, "then") == forecast(found, "now") == forecast(found, "changed") == measured(cast)
    assert (found.broken, found.saved) == ([], [])
    past = what_if_queries.past_intervals(scope_of(cast), PERIOD, at=LOOKED_AT)
    tickets = what_if_queries.past_tickets({one.ticket_id for one in past})
    assert len(past) > 20
    for one in past:
        assert replay(one, tickets[one.ticket_id], book, until=PERIOD.until).due_at == one.due_at


@pytest.mark.parametrize("seed", [4, 5])
@pytest.mark.parametrize(("lived", "tried"), [(usual_rules, other_rules), (other_rules, usual_rules)])
def test_other_rules_give_what_they_give_when_they_are_lived(
    committed: Flask, lived: Publish, tried: Publish, seed: int
) -> None:
    cast = live(lived, seed)
    before = measured(cast)
    now = book_of([cast.larkpost.id], at=LOOKED_AT)
    with transaction():
        order_policies(cast.larkpost.id, [])
        tried(cast, LOOKED_AT)
    changed = book_of([cast.larkpost.id], at=LOOKED_AT)
    found = compare(cast, now, changed)

    assert forecast(found, "now") == before
    expected = forecast(found, "changed")
    assert expected != before, "a test that could not fail"
    assert measured(live(tried, seed)) == expected


def test_each_side_adds_up_by_hour_and_by_rule(committed: Flask) -> None:
    cast = live(usual_rules, 6)
    brand = cast.larkpost.id
    now = book_of([brand], at=LOOKED_AT)
    stricter = PolicyDraft(first_response=timedelta(minutes=2), next_response=timedelta(minutes=2))
    changed = book_with_policy(brand, "Standard", stricter, at=LOOKED_AT)

    found = compare(cast, now, changed)

    for side in ("now", "changed"):
        for parts in (found.by_hour, found.by_rule, found.by_kind):
            tallies = [getattr(sides, side) for sides in parts.values()]
            whole = getattr(found.whole, side)
            assert (sum(t.kept for t in tallies), sum(t.broken for t in tallies)) == (whole.kept, whole.broken)
    assert found.whole.changed.broken == found.whole.now.broken + len(found.broken) - len(found.saved)
    assert all(turned.changed.rule == "Standard" for turned in found.broken)
    late = [turned.past.ends_at - turned.changed.due_at for turned in worst(found.broken) if turned.changed.due_at]
    assert late == sorted(late, reverse=True)


def test_other_opening_hours_are_tried_without_being_published(committed: Flask) -> None:
    cast = live(usual_rules, 7)
    brand = cast.larkpost.id
    now = book_of([brand], at=LOOKED_AT)
    [calendar_id] = {rule.calendar_id for rule in now.rules[brand]} - {None}
    assert calendar_id is not None
    always = BusinessHours(weekly=((Interval.parse("00:00", "00:00"),),) * 7)
    before = policies_of_brand(brand)

    found = compare(cast, now, book_with_hours(brand, calendar_id, always, at=LOOKED_AT))

    assert found.whole.changed.broken > found.whole.now.broken, "nights count as well"
    assert policies_of_brand(brand) == before
    assert book_of([brand], at=LOOKED_AT) == now


def test_imported_history_can_be_tried_though_nothing_was_promised(committed: Flask, tmp_path: Path) -> None:
    """Without a promise then, there is nothing on that side; by the rules of now there is."""
    truncate_everything()
    cast = casting.assemble(at=LOOKED_AT - timedelta(days=60))
    path = tmp_path / "history.jsonl"
    path.write_text(
        lines_of(
            [
                says("c1", "2026-11-10T10:00:00Z"),
                says("c1", "2026-11-10T10:14:00Z", "Here", direction="out"),
                says("c2", "2026-11-10T10:00:00Z"),
                says("c2", "2026-11-10T10:16:00Z", "Here", direction="out"),
            ]
        )
    )
    wish = Wish(brand_ids=[cast.larkpost.id])
    import_history(path, wish, by=None, at=LOOKED_AT, secret_key=SECRET_KEY, progress=no_progress)
    book = book_of([cast.larkpost.id], at=LOOKED_AT)

    found = compare(cast, book, book)

    assert (found.whole.then.attainment, found.whole.now.attainment) == (None, 0.5)
