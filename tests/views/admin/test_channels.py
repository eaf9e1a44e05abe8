"""Channels and the events that were set aside: the admin's."""

from datetime import datetime

import pytest

from helpdesk.messaging import history, queries
from helpdesk.messaging.credentials import unseal
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.transaction import transaction
from tests.support.cast import SECRET_KEY, Cast
from tests.views.admin.conftest import SignIn

X_FORM = {"account_id": "9009", "handle": "@lark2", "consumer_secret": "cs-9009", "access_token": "at-9009"}


def account_of(external_id: str) -> ChannelAccount | None:
    return next((a for a in queries.channel_accounts() if a.external_id == external_id), None)


@pytest.mark.parametrize(
    "address",
    ["/admin/channels", "/admin/channels/new/x", "/admin/set-aside", "/admin/channels/1", "/admin/set-aside/1"],
)
def test_a_manager_has_no_channels(cast: Cast, sign_in: SignIn, address: str) -> None:
    assert sign_in(cast.chidi).get(address).status_code == 404


def test_channels_are_listed_with_their_health(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        cast.x.health, cast.x.health_reason = Health.AUTH_LOST, "The token was withdrawn."

    shown = sign_in(cast.ada).get("/admin/channels").text

    assert "All is well" in shown
    assert "Access lost: connect it again" in shown


def test_an_admin_connects_x_and_sees_the_webhook_address_but_no_credential(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    shown = browser.post("/admin/channels/new/x", data=X_FORM | {"team": cast.returns.id}, follow_redirects=True).text

    account = account_of("9009")
    assert account is not None
    assert (account.handle, account.team_id) == ("lark2", cast.returns.id)
    assert unseal(account.credentials, SECRET_KEY)["access_token"] == "at-9009"
    assert f"/webhooks/x/{account.id}" in shown
    assert "at-9009" not in shown
    assert "cs-9009" not in shown


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_id": " "}, "account_id"),
        ({"account_id": "7001"}, "account_id"),
        ({"access_token": ""}, "access_token"),
        ({"team": "999999"}, "team"),
    ],
    ids=str,
)
def test_a_connection_that_cannot_be_is_refused_and_echoes_no_secret(
    cast: Cast, sign_in: SignIn, change: dict[str, str], field: str
) -> None:
    form = X_FORM | {"team": str(cast.support.id)} | change

    refused = sign_in(cast.ada).post("/admin/channels/new/x", data=form)

    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text
    assert "cs-9009" not in refused.text
    assert account_of("9009") is None


def test_a_brand_has_one_native_account(cast: Cast, sign_in: SignIn) -> None:
    refused = sign_in(cast.ada).post("/admin/channels/new/native", data={"team": cast.support.id})

    assert refused.status_code == 422
    assert "connected already" in refused.text


def test_an_unknown_network_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    assert browser.get("/admin/channels/new/pigeon").status_code == 404
    assert browser.post("/admin/channels/new/pigeon").status_code == 404


def test_new_credentials_replace_only_what_is_given_and_are_never_shown(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    browser.post(f"/admin/channels/{cast.x.id}/credentials", data={"access_token": "fresh-token", "other": "x"})

    kept = unseal(cast.x.credentials, SECRET_KEY)
    assert kept == {"consumer_secret": "test-consumer-secret", "access_token": "fresh-token"}
    shown = browser.get(f"/admin/channels/{cast.x.id}").text
    assert "fresh-token" not in shown
    assert "test-consumer-secret" not in shown


def test_resume_makes_the_channel_well_again(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        cast.x.health, cast.x.health_reason = Health.AUTH_LOST, "The token was withdrawn."
    browser = sign_in(cast.ada)
    assert "Resume" in browser.get(f"/admin/channels/{cast.x.id}").text

    browser.post(f"/admin/channels/{cast.x.id}/resume")

    assert (cast.x.health, cast.x.health_reason) == (Health.OK, "")


def test_a_connection_that_fails_says_why_beside_the_address(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    refused = browser.post(f"/admin/channels/{cast.x.id}/webhook")

    assert refused.status_code == 422
    assert "app&#39;s bearer token first" in refused.text
    assert 'id="field-webhook-error"' in refused.text


@pytest.mark.parametrize("what", ["webhook", "webhook/delete"])
def test_a_manager_connects_nothing(cast: Cast, sign_in: SignIn, what: str) -> None:
    assert sign_in(cast.chidi).post(f"/admin/channels/{cast.x.id}/{what}").status_code == 404


def test_how_the_network_calls_us_is_shown(cast: Cast, sign_in: SignIn, at: datetime) -> None:
    with transaction():
        link = history.ensure_link(cast.x.id)
        link.webhook_id, link.webhook_is_valid, link.webhook_checked_at, link.history_read_at = "9001", True, at, at

    shown = sign_in(cast.ada).get(f"/admin/channels/{cast.x.id}").text

    assert "Connected, checked" in shown
    assert "Disconnect" in shown
    assert "last read" in shown


def test_a_webhook_that_does_not_work_says_what_the_network_said(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        history.ensure_link(cast.x.id).webhook_words = "The network no longer has our webhook."

    assert "no longer has our webhook" in sign_in(cast.ada).get(f"/admin/channels/{cast.x.id}").text
