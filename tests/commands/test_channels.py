"""`helpdesk channel`."""

import pytest

from helpdesk.messaging import queries
from helpdesk.messaging.credentials import unseal
from helpdesk.simulator.x import XSimulator
from tests.commands.conftest import Helpdesk, is_one_refusal
from tests.simulator.desk import a_desk, channel_to
from tests.support.cast import SECRET_KEY

X = (
    "channel add x --brand larkpost --team Support --account-id 7001 "
    "--credential consumer_secret=c-secret --credential access_token=a=b="
)


@pytest.mark.usefixtures("larkpost")
def test_adding_x_prints_its_id_and_webhook_address_but_no_credential(helpdesk: Helpdesk) -> None:
    added = helpdesk(*X.split())

    (account,) = queries.channel_accounts()
    assert added.out.splitlines() == [
        f"added channel account {account.id}: x 7001",
        f"https://desk.example.org/webhooks/x/{account.id}",
    ]
    assert unseal(account.credentials, SECRET_KEY) == {"consumer_secret": "c-secret", "access_token": "a=b="}
    assert added.err == ""


@pytest.mark.usefixtures("larkpost")
def test_adding_native_says_how_customers_find_it(helpdesk: Helpdesk) -> None:
    added = helpdesk("channel", "add", "native", "--brand", "larkpost", "--team", "Support")

    (account,) = queries.channel_accounts()
    assert added.out == f"added channel account {account.id}: native, found by customers as @larkpost\n"


@pytest.mark.usefixtures("larkpost")
def test_the_list_says_how_each_is(helpdesk: Helpdesk) -> None:
    helpdesk(*X.split())

    (line,) = helpdesk("channel", "list").out.splitlines()

    assert line.split("\t")[1:] == ["x", "7001", "@larkpost", "ok"]


@pytest.mark.usefixtures("larkpost")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("channel add pigeon --brand larkpost --team Support", "'pigeon' is not one of"),
        ("channel add native --brand nobody --team Support", "no brand with the handle 'nobody'"),
        ("channel add native --brand larkpost --team None", "no team named 'None'"),
        ("channel add x --brand larkpost --team Support", "the brand's own id on the network"),
        ("channel add x --brand larkpost --team Support --account-id 7001", "x needs "),
        ("channel add x --brand larkpost --team Support --account-id 1 --credential oops", "NAME=VALUE"),
    ],
    ids=lambda value: value[:60],
)
def test_bad_use_is_one_line_and_changes_nothing(helpdesk: Helpdesk, words: str, reason: str) -> None:
    refused = helpdesk(*words.split())

    assert is_one_refusal(refused, reason), refused
    assert queries.channel_accounts() == []


@pytest.mark.usefixtures("larkpost")
def test_an_account_is_connected_once(helpdesk: Helpdesk) -> None:
    helpdesk(*X.split())

    assert is_one_refusal(helpdesk(*X.split()), "x account 7001 is connected already")


@pytest.mark.usefixtures("larkpost")
def test_connecting_without_what_it_needs_is_one_line(helpdesk: Helpdesk) -> None:
    helpdesk(*X.split())
    (account,) = queries.channel_accounts()

    assert is_one_refusal(helpdesk("channel", "connect", str(account.id)), "bearer token")
    assert is_one_refusal(helpdesk("channel", "disconnect", str(account.id)), "bearer token")
    assert is_one_refusal(helpdesk("channel", "webhooks", str(account.id)), "bearer token")
    assert is_one_refusal(helpdesk("channel", "connect", "999999"), "no channel account 999999")


@pytest.mark.usefixtures("larkpost")
def test_a_connection_is_made_listed_and_taken_away(helpdesk: Helpdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        XSimulator(consumer_secret="c-secret", access_token="a=b=", brand_id="7001") as x,
        a_desk(channel_to(x)) as desk,
    ):
        root = desk.url.partition("/webhooks/")[0]
        monkeypatch.setenv("X_API_URL", x.url)
        monkeypatch.setenv("ALLOW_PRIVATE_ADDRESSES", "1")
        monkeypatch.setenv("PUBLIC_URL", root)
        helpdesk(*X.split(), "--credential", f"bearer_token={x.app_token}")
        (account,) = queries.channel_accounts()

        connected = helpdesk("channel", "connect", str(account.id))
        (webhook,) = x.webhooks.values()
        listed = helpdesk("channel", "webhooks", str(account.id))
        taken_away = helpdesk("channel", "disconnect", str(account.id))

    assert connected.out.splitlines() == [
        f"{root}/webhooks/x/{account.id} is webhook {webhook.id} and valid",
        "subscribed: dm.received, dm.sent, dm.read, dm.indicate_typing",
    ]
    assert listed.out == f"{webhook.id}\tvalid\t{webhook.url}\n"
    assert (taken_away.code, x.webhooks) == (0, {})
