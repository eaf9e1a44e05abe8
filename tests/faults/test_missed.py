"""What X never told, on a stack that really runs: connected by the operator, it is read from X's own record."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from helpdesk.messaging import connecting, queries, registering
from helpdesk.simulator.x import XSimulator
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD
from tests.support.desk import Desk, an_x, opened, settings_for
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def x() -> Iterator[XSimulator]:
    with an_x() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def desk(start_stack: Callable[..., Stack], x: XSimulator) -> Iterator[Desk]:
    with opened(start_stack(**settings_for(x)), x) as desk:
        with desk.app.app_context(), transaction():
            account = queries.find_channel_account(desk.account_id)
            told = {"bearer_token": x.app_token}
            connecting.change_credentials(account, told, secret_key=desk.stack.env["SECRET_KEY"])
        yield desk


def test_messages_of_a_time_without_a_webhook_come_once_and_what_follows_too(desk: Desk, x: XSimulator) -> None:
    forget_webhooks(x)
    for n in range(30):
        x.customer_writes("dana", f"missed {n}")
    group = x.groups.make(["dana", "omar"])
    x.groups.write(group, x.customer("omar").id, "we both ordered")

    with desk.app.app_context():
        account = queries.find_channel_account(desk.account_id)
        connected = registering.connect(account, desk.app.config["SETTINGS"])
    x.customer_writes("dana", "told")

    assert connected.webhook.is_valid
    wanted = sorted([*(f"missed {n}" for n in range(30)), "we both ordered", "told"])
    desk.stack.wait_until(lambda: sorted(desk.said()) == wanted)


def test_the_button_connects_while_web_itself_must_answer_the_check(desk: Desk, x: XSimulator) -> None:
    forget_webhooks(x)
    page = f"/admin/channels/{desk.account_id}"
    with httpx.Client(base_url=desk.stack.url, follow_redirects=True, timeout=60) as browser:
        token = token_in(browser.get("/sign-in/staff"))
        entered = {"name": "ada@example.org", "password": PASSWORD, "csrf_token": token}
        signed_in = browser.post("/sign-in/staff", data=entered)
        assert signed_in.status_code == 200

        shown = browser.post(f"{page}/webhook", data={"csrf_token": token_in(browser.get(page))})

    assert "The network calls us now" in shown.text
    assert [webhook.is_valid for webhook in x.webhooks.values()] == [True]


def forget_webhooks(x: XSimulator) -> None:
    for webhook_id in list(x.webhooks):
        x.forget_webhook(webhook_id)


def token_in(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None
    return found[1]
