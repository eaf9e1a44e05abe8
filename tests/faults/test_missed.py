"""What X never told, on a stack that really runs: connected by the operator, it is read from X's own record."""

from collections.abc import Callable, Iterator

import pytest

from helpdesk.messaging import connecting, queries, registering
from helpdesk.simulator.x import XSimulator
from helpdesk.transaction import transaction
from tests.support.desk import Desk, an_x, opened, settings_for
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def x() -> Iterator[XSimulator]:
    with an_x() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def desk(start_stack: Callable[..., Stack], x: XSimulator) -> Iterator[Desk]:
    with opened(start_stack(**settings_for(x)), x) as desk:
        yield desk


def test_messages_of_a_time_without_a_webhook_come_once_and_what_follows_too(desk: Desk, x: XSimulator) -> None:
    (webhook,) = x.webhooks.values()
    x.forget_webhook(webhook.id)
    for n in range(30):
        x.customer_writes("dana", f"missed {n}")
    group = x.groups.make(["dana", "omar"])
    x.groups.write(group, x.customer("omar").id, "we both ordered")

    with desk.app.app_context():
        with transaction():
            account = queries.find_channel_account(desk.account_id)
            secret_key = desk.stack.env["SECRET_KEY"]
            connecting.change_credentials(account, {"bearer_token": x.app_token}, secret_key=secret_key)
        connected = registering.connect(account, desk.app.config["SETTINGS"])
    x.customer_writes("dana", "told")

    assert connected.webhook.is_valid
    wanted = sorted([*(f"missed {n}" for n in range(30)), "we both ordered", "told"])
    desk.stack.wait_until(lambda: sorted(desk.said()) == wanted)
