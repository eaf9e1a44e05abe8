"""The operator's page: one sentence that says whether all is well, and in each row what there is to do."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event

from helpdesk import clock
from helpdesk.channels.port import FailureClass, InboundIdentity, InboundReceipt, OutcomeUnknown, SendFailed
from helpdesk.messaging import delivery_queries, history, inbound, outbound, parking, queries
from helpdesk.messaging.inbound import RawCall
from helpdesk.messaging.models import Health, InboundEvent, InboundState
from helpdesk.orm import db
from helpdesk.tickets.models import PeriodicRun
from helpdesk.transaction import transaction
from helpdesk.views.gauges import OperationCollector
from tests.support.cast import Cast, a_ticket, reply
from tests.views.admin.conftest import SignIn

MINUTE = timedelta(minutes=1)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture(autouse=True)
def schedule(cast: Cast, now: datetime) -> None:
    with transaction():
        db.session.add(PeriodicRun(name="sweep", last_at=now))


def page(sign_in: SignIn, cast: Cast) -> str:
    return sign_in(cast.ada).get("/admin/health").text


def row(shown: str, account_id: int) -> str:
    return shown.partition(f'id="health-{account_id}"')[2].partition("</tr>")[0]


def a_delivery(cast: Cast, at: datetime) -> None:
    reply(a_ticket(cast, at=at), "On its way", by=cast.amal, at=at)


def ended(cast: Cast, outcome: SendFailed | OutcomeUnknown, at: datetime) -> None:
    """A reply that was sent, with this outcome."""
    a_delivery(cast, at)
    with transaction():
        (claimed,) = outbound.claim_heads(cast.x, limit=1, at=queries.database_time())
        (delivery,) = delivery_queries.lock_deliveries([claimed.delivery_id])
        if isinstance(outcome, SendFailed):
            outbound.record_failed(delivery, outcome, at=at)
        else:
            outbound.record_unknown(delivery, str(outcome), at=at)


def test_a_manager_has_none(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    assert browser.get("/admin/health").status_code == 404
    assert browser.post(f"/admin/channels/{cast.x.id}/pause").status_code == 404
    assert browser.post(f"/admin/channels/{cast.x.id}/test").status_code == 404
    assert cast.x.paused_at is None


def test_it_names_every_channel_and_says_that_no_worker_runs(cast: Cast, sign_in: SignIn) -> None:
    shown = page(sign_in, cast)

    assert "One thing needs you, the rest is well" in shown
    assert "No worker runs: start one." in shown
    for account in (cast.x, cast.native):
        assert "Well" in row(shown, account.id)
        assert "Nothing" in row(shown, account.id)


def test_the_part_that_asks_for_itself_is_only_that_part(cast: Cast, sign_in: SignIn) -> None:
    part = sign_in(cast.ada).get("/admin/health", headers=PARTIAL).text

    assert part.lstrip().startswith('<div id="health"')
    assert "<html" not in part


def test_what_came_and_waits_is_shown_with_its_age(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    with transaction():
        inbound.store_events(
            [RawCall(account_id=cast.x.id, body=b"{}", headers={}, received_at=now - 7 * MINUTE) for _ in range(3)]
        )

    shown = row(page(sign_in, cast), cast.x.id)

    assert "Behind" in shown
    assert "7 min" in shown
    assert "Wait: workers take in 3 events." in shown


def test_what_was_set_aside_leads_to_where_it_is_read(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    with transaction():
        inbound.store_events([RawCall(account_id=cast.x.id, body=b"?", headers={}, received_at=now)])
        db.session.query(InboundEvent).update({"state": InboundState.UNREADABLE})

    shown = page(sign_in, cast)

    assert "1 event could not be taken in." in row(shown, cast.x.id)
    assert 'href="/admin/set-aside"' in row(shown, cast.x.id)
    assert "@larkpost on X: events set aside." in shown
    assert "Nothing is lost." in shown


def test_replies_that_may_have_been_sent_and_that_were_not(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    ended(cast, OutcomeUnknown("no answer"), now - 3 * MINUTE)
    assert "1 reply may have been sent" in row(page(sign_in, cast), cast.x.id)


def test_a_reply_that_failed(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    ended(cast, SendFailed(FailureClass.RECIPIENT, "blocked"), now - 3 * MINUTE)
    assert "1 reply not sent" in row(page(sign_in, cast), cast.x.id)


def test_a_channel_that_was_signed_out_says_why(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        cast.x.health, cast.x.health_reason = Health.AUTH_LOST, "The brand withdrew our access."

    shown = row(page(sign_in, cast), cast.x.id)

    assert "Signed out" in shown
    assert "The brand withdrew our access." in shown
    assert "Connect again" in shown


def test_the_bar_shows_what_is_left_of_the_quota_while_it_holds(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    with transaction():
        cast.x.quota_limit, cast.x.quota_remaining = 15, 3
        cast.x.quota_resets_at = now + 10 * MINUTE
    shown = row(page(sign_in, cast), cast.x.id)
    assert "3 of 15 left" in shown
    assert 'value="20"' in shown

    with transaction():
        cast.x.quota_resets_at = now - MINUTE
    assert "no limit known" in row(page(sign_in, cast), cast.x.id)


def test_spent_sends_say_when_the_replies_go(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    a_delivery(cast, now - 3 * MINUTE)
    with transaction():
        cast.x.quota_limit, cast.x.quota_remaining, cast.x.quota_resets_at = 15, 0, now + 10 * MINUTE

    shown = row(page(sign_in, cast), cast.x.id)

    assert "1 reply goes at" in shown


def test_calls_with_a_bad_signature_are_told_until_a_good_one_comes(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    with transaction():
        inbound.add_refused({(cast.x.id, now.date()): 1}, at=now)
    assert "Refusing calls" in row(page(sign_in, cast), cast.x.id)

    with transaction():
        cast.x.last_event_at = now - MINUTE
    shown = row(page(sign_in, cast), cast.x.id)
    assert "Refusing calls" not in shown
    assert 'data-label="Refused today">1<' in shown


def test_what_waits_for_its_message_is_counted(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    receipt = InboundReceipt(
        conversation_key="dm:7001-8002",
        kind="read",
        reader=InboundIdentity(external_id="8002"),
        up_to_external_id="unknown",
        at=now,
    )
    with transaction():
        parking.park(cast.x, [receipt], at=now)
    assert 'data-label="Parked">1<' in row(page(sign_in, cast), cast.x.id)

    with transaction():
        parking.set_aside_overdue(at=now + timedelta(days=7))
    assert "1 event waited 7 days for a message." in row(page(sign_in, cast), cast.x.id)


def test_the_page_asks_as_often_for_many_channels_as_for_few(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        browser.get("/admin/health")
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)

    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) <= 14


# Pause, resume, test


def test_a_paused_channel_sends_nothing_takes_in_and_goes_on_when_resumed(
    cast: Cast, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(cast.ada)
    browser.post(f"/admin/channels/{cast.x.id}/pause")
    a_delivery(cast, now - 3 * MINUTE)

    assert outbound.claim_heads(cast.x, limit=5, at=queries.database_time()) == []
    shown = row(browser.get("/admin/health").text, cast.x.id)
    assert "Paused" in shown
    assert "By Ada Root since" in shown

    browser.post(f"/admin/channels/{cast.x.id}/resume")
    assert len(outbound.claim_heads(cast.x, limit=5, at=queries.database_time())) == 1
    assert "Paused" not in row(browser.get("/admin/health").text, cast.x.id)


def test_agents_see_that_the_channel_is_paused(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    ticket = a_ticket(cast, at=now - 3 * MINUTE)
    sign_in(cast.ada).post(f"/admin/channels/{cast.x.id}/pause")
    reply(ticket, "On its way", by=cast.amal, at=now - 2 * MINUTE)

    shown = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    assert "Waits: the channel is paused" in shown
    assert "replies wait" in shown


def test_a_channel_that_does_not_exist_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    assert browser.post("/admin/channels/999999/pause").status_code == 404
    assert browser.post("/admin/channels/999999/test").status_code == 404


def test_the_native_network_has_nothing_to_ask(cast: Cast, sign_in: SignIn) -> None:
    shown = sign_in(cast.ada).post(f"/admin/channels/{cast.native.id}/test", follow_redirects=True).text

    assert "there is nothing to ask" in shown


def test_a_network_that_calls_us_no_more_leads_to_where_it_is_connected(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        link = history.ensure_link(cast.x.id)
        link.webhook_id, link.webhook_words = "9001", "The network no longer has our webhook."

    shown = row(page(sign_in, cast), cast.x.id)

    assert "Not called" in shown
    assert "The network no longer has our webhook." in shown
    assert f'href="/admin/channels/{cast.x.id}"' in shown


def test_the_reading_of_records_is_a_queue_that_a_paused_channel_is_not_in(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)
    with transaction():
        history.ensure_link(cast.x.id)
    to_read = 'records to read</th><td class="table__number">'
    assert f"{to_read}1<" in browser.get("/admin/health").text

    browser.post(f"/admin/channels/{cast.x.id}/pause")

    assert f"{to_read}0<" in browser.get("/admin/health").text


# Metrics


def test_the_figures_are_there_for_prometheus(cast: Cast, sign_in: SignIn, now: datetime) -> None:
    with transaction():
        inbound.add_refused({(cast.x.id, now.date()): 1}, at=now)
        link = history.ensure_link(cast.x.id)
        link.webhook_id, link.webhook_is_valid, link.history_read_at, link.history_failures = "9001", True, now, 2
    sign_in(cast.ada).post(f"/admin/channels/{cast.x.id}/pause")

    figures = {
        sample.name: sample.value
        for metric in OperationCollector().collect()
        for sample in metric.samples
        if sample.labels.get("account") == str(cast.x.id)
    }
    assert figures["helpdesk_channel_paused"] == 1
    assert figures["helpdesk_webhook_ok"] == 1
    assert figures["helpdesk_history_failures"] == 2
    assert figures["helpdesk_history_read_timestamp_seconds"] == now.timestamp()
    assert figures["helpdesk_lookups_waiting"] == 0
    assert figures["helpdesk_webhooks_refused_today"] == 1
    assert figures["helpdesk_channel_needs_somebody"] == 1
    assert figures["helpdesk_channel_ok"] == 1
