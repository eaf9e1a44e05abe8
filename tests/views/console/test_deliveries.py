"""What agents decide about replies, through the console's own routes."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.port import FailureClass
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery
from helpdesk.orm import db
from helpdesk.tickets.models import Draft, Ticket
from tests.support.cast import Cast, dana_says, hear, reply
from tests.views.console.conftest import PARTIAL, SignIn, counted_statements
from tests.views.console.test_composing import form, words_sent


def delivery() -> Delivery:
    return db.session.scalars(select(Delivery).execution_options(populate_existing=True)).one()


def send(ticket: Ticket, browser: Any, **more: Any) -> Any:
    return browser.post(f"/console/tickets/{ticket.id}/replies", data=form(**more), headers=PARTIAL)


def decide(ticket: Ticket, browser: Any, decision: str, **more: str) -> Any:
    address = f"/console/tickets/{ticket.id}/deliveries/{delivery().message_id}"
    return browser.post(address, data={"decision": decision, **more}, headers=PARTIAL)


def test_a_reply_counts_down_to_its_leaving_and_offers_undo(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = send(ticket, sign_in(cast.amal))

    assert re.search(r'role="timer"[^>]*data-until="[^"]+Z">Sending in [78] s<', answer.text)
    assert re.search(r'value="take-back"[^>]*data-shortcut="z">Undo<', answer.text)
    left = delivery().not_before - clock.now()
    assert timedelta(seconds=5) < left <= timedelta(seconds=8)


def test_the_undo_time_counts_by_the_databases_clock(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    before = messaging_queries.database_time()

    with counted_statements() as statements:
        send(ticket, browser)

    assert before < delivery().not_before - timedelta(seconds=8) < messaging_queries.database_time()
    assert any("clock_timestamp()" in statement for statement in statements)


def test_a_brand_without_undo_time_sends_at_once(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    cast.larkpost.undo_seconds = 0

    answer = send(ticket, sign_in(cast.amal))

    assert delivery().not_before <= clock.now()
    assert "Undo" not in answer.text


def test_undo_gives_the_words_and_files_back_and_drops_the_message(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    browser = sign_in(cast.amal)
    send(ticket, browser, body='Hello "Dana" <3', files=(picture, "lamp.png"))

    answer = decide(ticket, browser, "take-back")

    assert 'data-words="Hello &#34;Dana&#34; &lt;3"' in answer.text
    assert re.search(r'<a href="/console/files/[^"]+" type="image/png">lamp.png</a>', answer.text)
    assert f'hx-target="#message-{delivery().message_id}" hx-swap="delete"' in answer.text
    page = browser.get(f"/console/tickets/{ticket.id}").text
    assert f'id="message-{delivery().message_id}"' not in page
    assert "&lt;3</textarea>" in page


def test_without_script_undo_leads_to_the_page_with_the_words_in_the_composer(
    cast: Cast, ticket: Ticket, sign_in: SignIn
) -> None:
    browser = sign_in(cast.amal)
    send(ticket, browser)

    answer = browser.post(
        f"/console/tickets/{ticket.id}/deliveries/{delivery().message_id}",
        data={"decision": "take-back"},
        follow_redirects=True,
    )

    assert ">Hello Dana</textarea>" in answer.text


def test_an_undo_that_comes_too_late_says_so(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    send(ticket, browser)
    delivery().state = DeliveryState.SENDING
    db.session.flush()

    answer = decide(ticket, browser, "take-back")

    assert (answer.status_code, answer.text) == (409, "Too late to take it back: it is on its way.")


@pytest.mark.parametrize(
    "decision", ["retry", "discard", "send-past", "arrived", "take-back", "send-now", "reschedule"]
)
def test_nobody_outside_the_team_decides(cast: Cast, ticket: Ticket, sign_in: SignIn, decision: str) -> None:
    send(ticket, sign_in(cast.amal))

    assert decide(ticket, sign_in(cast.bruno), decision, later="1h").status_code == 404
    assert decide(ticket, sign_in(cast.eve), decision, later="1h").status_code == 404


def test_a_decision_that_does_not_exist_is_refused(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    send(ticket, browser)

    assert decide(ticket, browser, "explode").status_code == 422


# Later


def test_a_reply_for_later_says_when_it_goes_and_what_may_be_done(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)

    answer = send(ticket, browser, later="1h")

    assert re.search(r">Goes [^<]*\d\d:\d\d<", answer.text)
    assert [words for words in ("Send now", "Change time", "Cancel") if f">{words}<" in answer.text] == [
        "Send now",
        "Change time",
        "Cancel",
    ]
    assert ">Scheduled</span>" in browser.get(f"/console/tickets/{ticket.id}?queue=unassigned").text


def test_tomorrow_is_nine_in_the_agents_zone(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    cast.amal.time_zone = "Asia/Tokyo"

    send(ticket, sign_in(cast.amal), later="tomorrow")

    goes = delivery().not_before.astimezone(UTC)
    assert (goes.hour, goes.minute) == (0, 0)
    assert goes > clock.now()


@pytest.mark.parametrize("fields", [{"later": "at"}, {"later": ""}], ids=["by its button", "by Enter"])
def test_a_time_of_ones_own_counts_by_whatever_button(
    cast: Cast, ticket: Ticket, sign_in: SignIn, fields: dict[str, str]
) -> None:
    cast.amal.time_zone = "Asia/Tokyo"
    local = (clock.now() + timedelta(days=2)).replace(second=0, microsecond=0)

    send(ticket, sign_in(cast.amal), later_at=f"{local:%Y-%m-%dT%H:%M}", **fields)

    assert delivery().not_before == local.replace(tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    "later", ["yesterday", "2020-01-01T09:00", "9999-12-31T23:59", "0001-01-01T00:00", "\x00", "at"]
)
def test_a_time_that_cannot_be_keeps_the_words(cast: Cast, ticket: Ticket, sign_in: SignIn, later: str) -> None:
    answer = send(ticket, sign_in(cast.amal), later=later)

    assert answer.status_code == 422
    assert "Hello Dana</textarea>" in answer.text
    assert words_sent() == []


def test_a_held_reply_asks_what_is_to_become_of_it(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    browser = sign_in(cast.amal)
    send(ticket, browser, later="1h")
    hear(cast.x, dana_says("Never mind", at=just_now + timedelta(minutes=1)))

    page = browser.get(f"/console/tickets/{ticket.id}?queue=unassigned").text

    assert "Held: Dana wrote meanwhile" in page
    assert [d for d in ("send-now", "take-back", "discard") if f'value="{d}"' in page] == [
        "send-now",
        "take-back",
        "discard",
    ]
    assert ">Held</span>" in page
    assert "Goes" not in decide(ticket, browser, "send-now").text


def test_its_time_is_changed_from_the_console(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    send(ticket, browser, later="1h")
    before = delivery().not_before

    assert decide(ticket, browser, "reschedule", later="monday").status_code == 200
    assert delivery().not_before > before
    assert decide(ticket, browser, "reschedule", later="soon").status_code == 422


# Failed and unknown


@pytest.mark.parametrize("failure", list(FailureClass))
def test_every_failure_says_what_it_means_and_what_may_be_done(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime, failure: FailureClass
) -> None:
    reply(ticket, "Hello", by=cast.amal, at=just_now)
    delivery().state, delivery().failure = DeliveryState.FAILED, failure
    db.session.flush()

    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    words = re.search(r'Not delivered</p><p class="callout__words">([^<]+)<', page)
    assert words is not None
    assert words[1].count(".") >= 2
    for decision in ("retry", "take-back", "send-past", "discard"):
        assert f'value="{decision}"' in page


def test_an_unknown_one_can_be_looked_for_and_said_to_have_arrived(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    reply(ticket, "Hello", by=cast.amal, at=just_now)
    delivery().state = DeliveryState.UNKNOWN
    db.session.flush()
    browser = sign_in(cast.amal)

    page = browser.get(f"/console/tickets/{ticket.id}").text
    assert 'href="https://x.com/messages/7001-8002"' in page
    assert 'value="take-back"' not in page

    decide(ticket, browser, "arrived")
    assert delivery().state == DeliveryState.ACCEPTED
    assert decide(ticket, browser, "arrived").status_code == 409


def test_what_failed_can_be_changed_in_the_composer(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    reply(ticket, "Hello", by=cast.amal, at=just_now)
    delivery().state, delivery().failure = DeliveryState.FAILED, "content"
    db.session.flush()

    decide(ticket, sign_in(cast.amal), "take-back")

    assert db.session.scalars(select(Draft.body)).all() == ["Hello"]


def test_what_waits_for_the_networks_limit_says_when_it_goes_and_why(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    reply(ticket, "Hello", by=cast.amal, at=just_now)
    goes_at = clock.now() + timedelta(minutes=40)
    delivery().expected_at = goes_at
    cast.x.quota_limit, cast.x.quota_remaining, cast.x.quota_window_seconds = 15, 0, 900
    cast.x.quota_resets_at = clock.now() + timedelta(minutes=10)
    db.session.flush()
    cast.amal.time_zone = "UTC"

    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    assert re.search(rf"Will be sent about [^<]*{goes_at:%H:%M}: X allows 15 messages in 15 minutes<", page)
    assert 'value="take-back"' in page
