"""What if: a promise or opening hours tried on the past, from the form that would publish them."""

import re
from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.sla import queries
from helpdesk.sla.policies import book_of
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply
from tests.views.admin.conftest import SignIn

PROMISE = {
    "first_response": "5 min",
    "next_response": "30 min",
    "resolution": "",
    "calendar": "",
    "tags": "",
    "warn_fractions": "75 %",
    "pause_while_pending": "1",
}
HOURS = {f"day-{n}": "all day" for n in range(7)} | {"zone": "Europe/London", "exceptions": "", "holidays": ""}
TRY = {"step": "try", "try_days": "28"}


@pytest.fixture
def url(cast: Cast) -> str:
    [standard] = [p for p in queries.policies_of_brand(cast.larkpost.id) if p.name == "Standard"]
    return f"/admin/promises/{standard.id}"


@pytest.fixture
def answered(cast: Cast) -> int:
    """Dana waited ten minutes for an answer, in opening hours, some days ago. The ticket's id."""
    at = clock.now().replace(hour=11, minute=0, second=0, microsecond=0) - timedelta(days=3)
    at -= timedelta(days=max(0, at.weekday() - 4))
    hear(cast.x, dana_says("My order never came", at=at))
    ticket = newest_ticket()
    reply(ticket, "On its way", by=cast.amal, at=at + timedelta(minutes=10))
    return ticket.id


def shares(page: str) -> list[str]:
    """The first line of the table: then, now, changed."""
    row = re.search(r'<th scope="row">All</th>(.*?)</tr>', page)
    assert row is not None
    return re.findall(r'title="([^"]+)"', row.group(1))


def test_a_stricter_promise_names_what_it_would_have_broken(
    cast: Cast, sign_in: SignIn, url: str, answered: int
) -> None:
    before = book_of([cast.larkpost.id], at=clock.now())

    page = sign_in(cast.chidi).post(url, data=PROMISE | TRY).text

    assert shares(page)[2] == "0 kept, 1 broken"
    assert "would have been broken" in page
    assert f'href="/console/tickets/{answered}"' in page
    assert re.search(r'data-label="Late by">5\sm', page)
    assert 'value="5 min"' in page, "the form keeps what was typed"
    assert book_of([cast.larkpost.id], at=clock.now()) == before


def test_opening_hours_are_tried_too(cast: Cast, sign_in: SignIn, answered: int) -> None:
    [calendar] = queries.calendars_of_brand(cast.larkpost.id)

    page = sign_in(cast.chidi).post(f"/admin/opening-hours/{calendar.id}", data=HOURS | TRY).text

    assert "If it had been so" in page
    assert len(shares(page)) == 3
    assert len(queries.calendar_versions(calendar.id)) == 1


def test_without_traffic_there_is_nothing_to_try_it_on(cast: Cast, sign_in: SignIn, url: str) -> None:
    assert "Nobody waited in this time" in sign_in(cast.chidi).post(url, data=PROMISE | TRY).text


@pytest.mark.parametrize("days", ["0", "-1", "9999999999", "a week", "٣"])
def test_a_time_that_is_not_offered_is_the_usual_one(
    cast: Cast, sign_in: SignIn, url: str, answered: int, days: str
) -> None:
    page = sign_in(cast.chidi).post(url, data=PROMISE | TRY | {"try_days": days}).text
    assert '<option value="28" selected' in page


def test_what_cannot_be_promised_is_not_tried(cast: Cast, sign_in: SignIn, url: str) -> None:
    answer = sign_in(cast.chidi).post(url, data=PROMISE | TRY | {"first_response": "soon"})
    assert answer.status_code == 422
    assert "If it had been so" not in answer.text


def test_hours_that_never_open_are_not_tried(cast: Cast, sign_in: SignIn) -> None:
    [calendar] = queries.calendars_of_brand(cast.larkpost.id)
    never = HOURS | {f"day-{n}": "" for n in range(7)}
    answer = sign_in(cast.chidi).post(f"/admin/opening-hours/{calendar.id}", data=never | TRY)
    assert answer.status_code == 422


def test_it_takes_a_manager_of_the_brand(cast: Cast, sign_in: SignIn, url: str) -> None:
    assert sign_in(cast.lena).post(url, data=PROMISE | TRY).status_code in (403, 404)
    assert sign_in(cast.eve).post(url, data=PROMISE | TRY).status_code in (403, 404)
