"""Opening hours in settings: looked at, then published, and applied to what is open."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.people.models import Brand, Role
from helpdesk.sla import queries
from helpdesk.sla.models import Calendar
from helpdesk.sla.policies import hours_from
from helpdesk.sla.words import write_week
from tests.support.cast import Cast, dana_says, hear, newest_ticket
from tests.views.admin.conftest import SignIn
from tests.views.admin.looking import looked_at, publish

ALWAYS = {f"day-{n}": "all day" for n in range(7)}
OFFICE = {f"day-{n}": "9–18" for n in range(5)} | {"day-5": "", "day-6": ""}
HOURS = {"zone": "Europe/London", "exceptions": "", "holidays": ""}


def calendar_of(brand: Brand) -> Calendar:
    (calendar,) = queries.calendars_of_brand(brand.id)
    return calendar


def newest_week(calendar: Calendar) -> list[str]:
    return write_week(hours_from(queries.calendar_versions(calendar.id)[0].definition).weekly)


def test_the_next_two_weeks_are_shown_before_anything_is_published(cast: Cast, sign_in: SignIn) -> None:
    calendar = calendar_of(cast.larkpost)

    seen = sign_in(cast.chidi).post(
        f"/admin/opening-hours/{calendar.id}",
        data=HOURS | ALWAYS | {"exceptions": "2099-12-24 closed", "step": "look"},
    )

    assert seen.text.count('<tr><th scope="row"><time') == 14
    assert "all day" in seen.text
    assert len(queries.calendar_versions(calendar.id)) == 1


def test_what_was_looked_at_is_published_as_the_next_version(cast: Cast, sign_in: SignIn) -> None:
    calendar = calendar_of(cast.larkpost)

    page = publish(sign_in(cast.chidi), f"/admin/opening-hours/{calendar.id}", HOURS | OFFICE)

    assert "is published" in page
    assert newest_week(calendar) == ["Mon–Fri 09:00–18:00", "Sat–Sun closed"]
    newest = queries.calendar_versions(calendar.id)[0]
    assert (newest.version, newest.published_by_agent_id) == (2, cast.chidi.id)


def test_what_changed_after_looking_is_looked_at_again(cast: Cast, sign_in: SignIn) -> None:
    calendar, browser = calendar_of(cast.larkpost), sign_in(cast.chidi)
    url = f"/admin/opening-hours/{calendar.id}"
    seen = looked_at(browser.post(url, data=HOURS | OFFICE | {"step": "look"}).text)

    again = browser.post(url, data=HOURS | ALWAYS | {"step": "publish", "looked_at": seen})

    assert "You changed something after looking" in again.text
    assert len(queries.calendar_versions(calendar.id)) == 1


def test_open_tickets_keep_their_promise_unless_it_is_applied_to_them(cast: Cast, sign_in: SignIn) -> None:
    now = clock.now()
    hear(cast.x, dana_says("Where is my parcel?", at=now))
    ticket, calendar, browser = newest_ticket(), calendar_of(cast.larkpost), sign_in(cast.chidi)
    promised = ticket.due_at
    url = f"/admin/opening-hours/{calendar.id}"

    seen = browser.post(url, data=HOURS | ALWAYS | {"step": "look"}).text
    assert "1 open ticket is promised something else" in seen
    publish(browser, url, HOURS | ALWAYS)
    assert newest_ticket().due_at == promised

    shown = publish(browser, url, HOURS | ALWAYS | {"exceptions": "2099-01-01 closed"}, apply="1")

    assert "1 open ticket has new promises." in shown
    assert newest_ticket().due_at == now + timedelta(minutes=15)


def test_new_hours_do_not_become_a_version_of_others(cast: Cast, sign_in: SignIn) -> None:
    browser, fields = sign_in(cast.chidi), HOURS | OFFICE | {"brand": str(cast.larkpost.id)}

    taken = browser.post("/admin/opening-hours", data=fields | {"name": "Opening  hours", "step": "look"})
    publish(browser, "/admin/opening-hours", fields | {"name": "Night team"})

    assert taken.status_code == 422
    assert 'id="field-name-error"' in taken.text
    assert [known.name for known in queries.calendars_of_brand(cast.larkpost.id)] == ["Night team", "Opening hours"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("day-2", "nine to five"),
        ("zone", "Atlantis/Capital"),
        ("exceptions", "tomorrow closed"),
        ("exceptions", "1066-10-14 closed"),
        ("holidays", "XX-NOWHERE"),
        ("holidays", "../../etc"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_typed(
    cast: Cast, sign_in: SignIn, field: str, typed: str
) -> None:
    url = f"/admin/opening-hours/{calendar_of(cast.larkpost).id}"

    refused = sign_in(cast.chidi).post(url, data=HOURS | OFFICE | {field: typed, "step": "look"})

    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text
    assert typed in refused.text


def test_hours_that_never_open_are_refused(cast: Cast, sign_in: SignIn) -> None:
    url = f"/admin/opening-hours/{calendar_of(cast.larkpost).id}"

    refused = sign_in(cast.chidi).post(url, data=HOURS | dict.fromkeys(ALWAYS, "") | {"step": "look"})

    assert refused.status_code == 422
    assert "never open" in refused.text


def test_hours_too_seldom_for_a_promise_that_counts_in_them_are_refused(cast: Cast, sign_in: SignIn) -> None:
    url = f"/admin/opening-hours/{calendar_of(cast.larkpost).id}"
    a_minute_a_week = HOURS | dict.fromkeys(ALWAYS, "") | {"day-0": "09:00–09:01"}

    refused = sign_in(cast.chidi).post(url, data=a_minute_a_week | {"step": "look"})

    assert refused.status_code == 422
    assert "less open time than that in ten years" in refused.text


def test_the_hours_of_others_are_not_there(cast: Cast, sign_in: SignIn) -> None:
    url = f"/admin/opening-hours/{calendar_of(cast.larkpost).id}"
    cast.eve.role = Role.MANAGER

    assert sign_in(cast.eve).get(url).status_code == 404
    assert sign_in(cast.eve).post(url, data=HOURS | ALWAYS).status_code == 404
    assert sign_in(cast.lena).get("/admin/opening-hours").status_code == 404
