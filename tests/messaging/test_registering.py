"""Having X call us: connected, watched, repaired and taken away, against the stand-in of X."""

import dataclasses
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from config import Settings
from helpdesk import clock
from helpdesk.channels.x.webhooks import DM_EVENTS, WORDS
from helpdesk.errors import InvalidInput
from helpdesk.messaging import connecting, history_queries, registering
from helpdesk.messaging.models import ChannelLink, Health
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from helpdesk.transaction import transaction
from tests.simulator.desk import a_desk, channel_to
from tests.support.cast import SECRET_KEY, Cast


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(consumer_secret="test-consumer-secret", access_token="brand-token", brand_id="7001") as simulator:
        yield simulator


@pytest.fixture
def reached(settings: Settings, cast: Cast, x: XSimulator) -> Iterator[Settings]:
    """Settings under which X and we reach each other; the app's bearer token is stored."""
    with transaction():
        connecting.change_credentials(cast.x, {"bearer_token": x.app_token}, secret_key=SECRET_KEY)
    with a_desk(channel_to(x)) as desk:
        root = desk.url.partition("/webhooks/")[0]
        yield dataclasses.replace(settings, public_url=root, x_api_url=x.url, allow_private_addresses=True)


def link(cast: Cast) -> ChannelLink:
    return history_queries.lock_link(cast.x.id)


def test_connecting_registers_our_address_subscribes_and_asks_for_the_past(
    cast: Cast, x: XSimulator, reached: Settings
) -> None:
    connected = registering.connect(cast.x, reached)

    (webhook,) = x.webhooks.values()
    assert (webhook.url, webhook.is_valid) == (registering.address_of(cast.x, reached), True)
    assert {kind for s in x.subscriptions for kind in s.event_types} == set(DM_EVENTS)
    assert (connected.webhook.id, connected.events) == (webhook.id, DM_EVENTS)
    assert (link(cast).webhook_id, link(cast).webhook_is_valid, link(cast).webhook_words) == (webhook.id, True, "")
    assert history_queries.accounts_with_history_due(["x"], at=clock.now()) == [cast.x.id]


def test_connecting_again_repairs_and_doubles_nothing(cast: Cast, x: XSimulator, reached: Settings) -> None:
    registering.connect(cast.x, reached)
    (webhook,) = x.webhooks.values()
    webhook.is_valid = False

    registering.connect(cast.x, reached)

    assert webhook.is_valid
    assert (len(x.webhooks), len(x.subscriptions)) == (1, 4)


def test_an_app_without_x_activity_is_connected_by_account_activity(
    cast: Cast, x: XSimulator, reached: Settings
) -> None:
    x.has_activity = False

    assert registering.connect(cast.x, reached).events == ("account_activity",)


def test_a_wrong_consumer_secret_is_told_in_words(cast: Cast, x: XSimulator, reached: Settings) -> None:
    x.deliverer._secret = "another"

    with pytest.raises(InvalidInput, match="API key secret"):
        registering.connect(cast.x, reached)

    assert (link(cast).webhook_is_valid, link(cast).webhook_words) == (False, WORDS["CrcValidationFailed"])
    assert cast.x.health == Health.OK


def test_a_plan_without_another_webhook_is_told_in_words(cast: Cast, x: XSimulator, reached: Settings) -> None:
    x.webhook_limit = 0

    with pytest.raises(InvalidInput) as refused:
        registering.connect(cast.x, reached)

    assert str(refused.value) == WORDS["WebhookLimitExceeded"]


def test_a_network_without_webhooks_needs_none(cast: Cast, reached: Settings) -> None:
    with pytest.raises(InvalidInput, match="needs no webhook"):
        registering.connect(cast.native, reached)


def test_ended_access_is_renewed_on_the_way(cast: Cast, x: XSimulator, reached: Settings) -> None:
    given = {
        "refresh_token": x.oauth.refresh_token,
        "client_id": x.oauth.client_id,
        "client_secret": x.oauth.client_secret,
    }
    with transaction():
        connecting.change_credentials(cast.x, given, secret_key=SECRET_KEY)
    x.oauth.end_access()

    registering.connect(cast.x, reached)

    assert (x.oauth.renewals, len(x.subscriptions)) == (1, 4)


def test_disconnecting_takes_away_ours_and_leaves_others(cast: Cast, x: XSimulator, reached: Settings) -> None:
    other = x.register_webhook(f"{reached.public_url}/webhooks/x/999999")
    registering.connect(cast.x, reached)

    registering.disconnect(cast.x, reached)

    assert (list(x.webhooks), x.subscriptions) == ([other.id], [])
    assert link(cast).webhook_id == ""
    assert [w.url for w in registering.registered(cast.x, reached)] == [other.url]


# Watching


def read_just_now(cast: Cast) -> None:
    with transaction():
        db.session.execute(update(ChannelLink).values(history_due_at=clock.now().replace(year=2999)))


def test_a_webhook_that_became_invalid_is_checked_again_and_what_was_missed_read(
    cast: Cast, x: XSimulator, reached: Settings
) -> None:
    registering.connect(cast.x, reached)
    (webhook,) = x.webhooks.values()
    webhook.is_valid = False
    read_just_now(cast)

    registering.watch(cast.x.id, reached)

    assert webhook.is_valid
    assert link(cast).webhook_is_valid
    assert history_queries.accounts_with_history_due(["x"], at=clock.now()) == [cast.x.id]


def test_a_valid_webhook_is_left_alone(cast: Cast, x: XSimulator, reached: Settings) -> None:
    registering.connect(cast.x, reached)
    read_just_now(cast)

    registering.watch(cast.x.id, reached)

    assert link(cast).webhook_is_valid
    assert history_queries.accounts_with_history_due(["x"], at=clock.now()) == []


def test_a_webhook_that_stays_invalid_or_is_gone_is_told(cast: Cast, x: XSimulator, reached: Settings) -> None:
    registering.connect(cast.x, reached)
    (webhook,) = x.webhooks.values()
    webhook.is_valid, x.deliverer._secret = False, "another"
    registering.watch(cast.x.id, reached)
    assert (link(cast).webhook_is_valid, link(cast).webhook_words) == (False, registering.INVALID)

    x.forget_webhook(webhook.id)
    registering.watch(cast.x.id, reached)
    assert (link(cast).webhook_is_valid, link(cast).webhook_words) == (False, registering.GONE)


def test_a_network_that_does_not_answer_says_nothing_of_the_webhook(
    cast: Cast, x: XSimulator, reached: Settings
) -> None:
    registering.connect(cast.x, reached)
    x.stop()

    registering.watch(cast.x.id, reached)

    assert link(cast).webhook_is_valid
    assert link(cast).webhook_words
