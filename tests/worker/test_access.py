"""Access that ends: renewed before, and once when X says so; lost when X refuses."""

import dataclasses
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from helpdesk import clock
from helpdesk.channels.access import ChannelWithRenewal
from helpdesk.messaging import calling, connecting
from helpdesk.messaging.connecting import open_account
from helpdesk.messaging.credentials import seal, unseal
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Health
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import SECRET_KEY, Cast, assemble, dana_says, hear, newest_ticket, reply
from worker import deliver
from worker.history import read_waiting

MINUTE = timedelta(minutes=1)


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(consumer_secret="test-consumer-secret", access_token="brand-token", brand_id="7001") as simulator:
        simulator.echo = "none"
        yield simulator


@pytest.fixture
def linked(app: Flask, cast: Cast, x: XSimulator) -> Iterator[Cast]:
    """Larkpost's account, with all that renewing needs."""
    usual = app.config["SETTINGS"]
    app.config["SETTINGS"] = reaching(x, usual)
    give_credentials(cast.x, x)
    yield cast
    app.config["SETTINGS"] = usual


def reaching(x: XSimulator, settings: Settings) -> Settings:
    return dataclasses.replace(settings, x_api_url=x.url, allow_private_addresses=True)


def give_credentials(account: ChannelAccount, x: XSimulator, **changes: str) -> None:
    given = {
        "refresh_token": x.oauth.refresh_token,
        "client_id": x.oauth.client_id,
        "client_secret": x.oauth.client_secret,
    }
    with transaction():
        connecting.change_credentials(account, given | changes, secret_key=SECRET_KEY)


@pytest.fixture
def ticket(linked: Cast, x: XSimulator) -> Ticket:
    hear(linked.x, dana_says("My order never came", at=clock.now() - 9 * MINUTE, customer=x.customer("dana").id))
    return newest_ticket()


def kept(account: ChannelAccount) -> dict[str, str]:
    return unseal(account.credentials, SECRET_KEY)


def send(cast: Cast, ticket: Ticket, text: str = "On its way") -> Delivery:
    message = reply(ticket, text, by=cast.amal, at=clock.now() - MINUTE)
    deliver.drain(cast.x.id)
    return db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()


def test_a_reply_that_meets_ended_access_goes_with_a_new_one(linked: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.oauth.end_access()

    delivery = send(linked, ticket)

    assert (delivery.state, delivery.attempts) == (DeliveryState.ACCEPTED, 1)
    assert [m.text for m in x.sent_messages] == ["On its way"]
    assert (x.oauth.renewals, linked.x.health) == (1, Health.OK)
    assert kept(linked.x)["access_token"] == x.access_token
    assert kept(linked.x)["refresh_token"] == x.oauth.refresh_token


def test_access_is_renewed_shortly_before_it_ends(linked: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.oauth.life = timedelta(minutes=4)
    x.oauth.end_access()
    send(linked, ticket)

    send(linked, ticket, "Still on its way")

    assert (x.oauth.renewals, x.oauth.reused) == (2, 0)
    assert len(x.sent_messages) == 2


def test_access_that_lasts_is_left_alone(linked: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.oauth.end_access()

    send(linked, ticket)
    send(linked, ticket, "Still on its way")

    assert x.oauth.renewals == 1


def test_a_refused_renewal_loses_access_in_words_and_keeps_the_reply(
    linked: Cast, x: XSimulator, ticket: Ticket
) -> None:
    x.oauth.withdraw()

    delivery = send(linked, ticket)

    assert (linked.x.health, delivery.state) == (Health.AUTH_LOST, DeliveryState.FAILED)
    assert "authorise the app again" in linked.x.health_reason
    assert "authorise the app again" in delivery.reason


def test_a_renewal_that_may_succeed_later_leaves_the_account_well(linked: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.oauth.end_access()
    x.fail_next(130, on="token")

    delivery = send(linked, ticket)

    assert (linked.x.health, delivery.state) == (Health.OK, DeliveryState.QUEUED)
    assert delivery.retry_at is not None


def test_access_that_x_refuses_even_when_new_is_lost(linked: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.fail_next(89, times=2)

    delivery = send(linked, ticket)

    assert (linked.x.health, delivery.state) == (Health.AUTH_LOST, DeliveryState.FAILED)
    assert x.oauth.renewals == 1


def test_reading_the_record_renews_too(linked: Cast, x: XSimulator) -> None:
    x.oauth.end_access()

    read_waiting(linked.x.id)

    assert (x.oauth.renewals, linked.x.health) == (1, Health.OK)


def test_an_account_that_cannot_renew_loses_access_at_the_first_refusal(
    linked: Cast, x: XSimulator, ticket: Ticket
) -> None:
    with transaction():
        linked.x.credentials = seal(
            {"consumer_secret": "test-consumer-secret", "access_token": "brand-token"}, SECRET_KEY
        )
    x.oauth.end_access()

    send(linked, ticket)

    assert (x.oauth.renewals, linked.x.health) == (0, Health.AUTH_LOST)


def test_new_tokens_from_the_admin_put_away_what_was_noted_of_the_old(linked: Cast, x: XSimulator) -> None:
    with transaction():
        linked.x.credentials = seal(kept(linked.x) | {"access_ends_at": (clock.now() - MINUTE).isoformat()}, SECRET_KEY)

    give_credentials(linked.x, x, access_token="brand-token")

    assert "access_ends_at" not in kept(linked.x)


def test_no_secret_reaches_the_log(
    linked: Cast, x: XSimulator, ticket: Ticket, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(kept(linked.x).values())
    with caplog.at_level(logging.DEBUG):
        x.oauth.end_access()
        send(linked, ticket)
        x.oauth.withdraw()
        send(linked, ticket, "Still on its way")

    said = "\n".join(str(vars(record)) for record in caplog.records)
    secrets = (before | set(kept(linked.x).values())) - {"simulated-client"}
    assert not [secret for secret in secrets if secret in said]


def test_many_at_once_make_one_renewal(committed: Flask, x: XSimulator) -> None:
    settings = reaching(x, committed.config["SETTINGS"])
    account = assemble(at=clock.now()).x
    give_credentials(account, x)
    account_id = account.id
    seen = open_account(account, settings)
    db.session.remove()
    x.oauth.end_access()

    def renew(_: int) -> str:
        with committed.app_context():
            renewed = calling.renewed(account_id, seen, settings)
            assert isinstance(renewed, ChannelWithRenewal)
            return renewed.access_mark

    with ThreadPoolExecutor(max_workers=6) as threads:
        marks = set(threads.map(renew, range(6)))

    assert (x.oauth.renewals, x.oauth.reused, len(marks)) == (1, 0, 1)
