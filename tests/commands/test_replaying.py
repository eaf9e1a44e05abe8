"""`helpdesk replay`: stored events, taken in again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from helpdesk.messaging import queries
from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.messaging.models import ChannelAccount, InboundEvent, InboundState, Message
from helpdesk.orm import db
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.commands.conftest import Helpdesk, is_one_refusal
from tests.support.x_bodies import dm
from worker import ingest

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
X = "channel add x --brand larkpost --team Support --account-id 7001 "
CREDENTIALS = "--credential consumer_secret=s --credential access_token=t"
RANGE = "--from 2026-11-24T09:00:00Z --to 2026-11-24T10:00:00+00:00"

Store = Callable[..., None]


@pytest.fixture
def account(helpdesk: Helpdesk, larkpost: None) -> ChannelAccount:
    assert helpdesk(*(X + CREDENTIALS).split()).code == 0
    (account,) = queries.channel_accounts()
    return account


def store(account: ChannelAccount, *bodies: bytes, at: datetime = NINE) -> None:
    store_events([RawCall(account_id=account.id, body=body, headers={}, received_at=at) for body in bodies])


def states() -> list[str]:
    with transaction():
        return list(db.session.scalars(select(InboundEvent.state).order_by(InboundEvent.id)))


def said() -> tuple[int, int]:
    """(messages, tickets)"""
    with transaction():
        count = func.count()
        return (
            db.session.scalars(select(count).select_from(Message)).one(),
            db.session.scalars(select(count).select_from(Ticket)).one(),
        )


def test_a_range_is_taken_in_again_and_changes_nothing(helpdesk: Helpdesk, account: ChannelAccount) -> None:
    store(account, *[dm(n, at=NINE) for n in range(3)], dm(9, at=NINE + HOUR))
    ingest.drain(account.id)
    words = f"replay --account {account.id} {RANGE}".split()

    for _ in range(2):
        replayed = helpdesk(*words)
        ingest.drain(account.id)

        assert replayed.out == "put back 4 of 4 events; 0 waited already, 0 left alone\n"
        assert replayed.err == "replay: 4 of 4 put back\n"
        assert said() == (4, 1)
    assert set(states()) == {InboundState.PROCESSED}


def test_only_the_named_time_and_states_are_put_back(helpdesk: Helpdesk, account: ChannelAccount) -> None:
    store(account, b"not json", dm(1, at=NINE))
    store(account, dm(2, at=NINE), at=NINE + HOUR)
    store(account, dm(3, at=NINE), at=NINE - timedelta(microseconds=1))
    ingest.drain(account.id)

    replayed = helpdesk(*f"replay --account {account.id} {RANGE} --state unreadable".split())

    assert replayed.out == "put back 1 of 2 events; 0 waited already, 1 left alone\n"
    processed = InboundState.PROCESSED
    assert states() == [InboundState.RECEIVED, processed, processed, processed]


def test_what_somebody_discarded_comes_back_only_when_it_is_named(helpdesk: Helpdesk, account: ChannelAccount) -> None:
    store(account, dm(1, at=NINE))
    with transaction():
        db.session.execute(update(InboundEvent).values(state=InboundState.DISCARDED))
    words = f"replay --account {account.id} {RANGE}"

    assert helpdesk(*words.split()).out.startswith("put back 0 of 1")
    assert helpdesk(*f"{words} --state discarded".split()).out.startswith("put back 1 of 1")


def test_a_large_range_goes_in_batches(
    helpdesk: Helpdesk, account: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(account, *[dm(n, at=NINE) for n in range(7)])
    ingest.drain(account.id)
    monkeypatch.setattr("helpdesk.commands.replaying.BATCH", 3)

    # Here no worker runs: what is put back is taken in by the wait itself.
    monkeypatch.setattr("helpdesk.commands.replaying.time.sleep", lambda _: ingest.drain(account.id))
    replayed = helpdesk(*f"replay --account {account.id} {RANGE}".split())

    assert [line for line in replayed.err.splitlines() if "put back" in line] == [
        "replay: 3 of 7 put back",
        "replay: 6 of 7 put back",
        "replay: 7 of 7 put back",
    ]
    assert said() == (7, 1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("replay --account 999 " + RANGE, "no channel account 999"),
        ("replay --account 1 --from 2026-11-24T09:00 --to 2026-11-24T10:00:00Z", "with its zone"),
        ("replay --account 1 --from yesterday --to 2026-11-24T10:00:00Z", "with its zone"),
        ("replay --account 1 --from 2026-11-24T10:00:00Z --to 2026-11-24T09:00:00Z", "ends before it begins"),
        ("replay --account 99999999999999999999 " + RANGE, "--account"),
        ("replay --account 1 --state received " + RANGE, "'received' is not one of"),
    ],
)
def test_bad_use_is_one_line(helpdesk: Helpdesk, words: str, reason: str) -> None:
    assert is_one_refusal(helpdesk(*words.split()), reason)
