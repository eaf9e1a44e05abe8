"""Send limits (behaviour.md 4.5): what the network's answers leave, and when those in line will go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.port import FailureClass, Quota, SendFailed
from helpdesk.messaging import foretelling, outbound, quotas
from helpdesk.messaging.foretelling import Waiting, expected_times
from helpdesk.messaging.models import ChannelAccount, Conversation, Delivery, Message
from helpdesk.messaging.quotas import DAY, UNLIMITED, Window
from helpdesk.orm import db
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)


def told(limit: int, remaining: int, resets_at: datetime, day: Quota | None = None) -> Quota:
    return Quota(limit=limit, remaining=remaining, resets_at=resets_at, window=QUARTER, day=day)


def replies(cast: Cast, names: Sequence[str], *, at: datetime) -> dict[str, Message]:
    """One reply to each customer; the promise to the first was due first."""
    written = {}
    for n, name in enumerate(names):
        hear(cast.x, dana_says("hi", at=at, customer=f"90{n:02}", name=name))
        written[name] = reply(newest_ticket(), f"to {name}", by=cast.amal, at=at)
        delivery_of(written[name]).promise_due_at = at + n * MINUTE
    db.session.flush()
    return written


def delivery_of(message: Message) -> Delivery:
    return db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()


def claim(account: ChannelAccount, *, at: datetime, limit: int = 20) -> list[str]:
    with transaction():
        return [c.text for c in outbound.claim_heads(account, limit=limit, at=at)]


def test_a_network_that_has_said_nothing_limits_nothing(cast: Cast, at: datetime) -> None:
    assert quotas.sends_left(cast.x, at=at) == UNLIMITED
    assert quotas.binding_window(cast.x, at=at) is None


def test_the_tighter_of_two_windows_decides(cast: Cast, at: datetime) -> None:
    quotas.note_quota(cast.x, told(15, 9, at + QUARTER, day=Quota(limit=1440, remaining=4, resets_at=at + DAY)))

    assert quotas.sends_left(cast.x, at=at) == 4
    assert quotas.binding_window(cast.x, at=at) == Window(limit=1440, remaining=4, resets_at=at + DAY, length=DAY)
    assert quotas.sends_left(cast.x, at=at + DAY) == UNLIMITED


def test_answers_that_come_in_any_order_leave_the_lowest_number(cast: Cast, at: datetime) -> None:
    for remaining in (7, 3, 5):
        quotas.note_quota(cast.x, told(15, remaining, at + QUARTER))
    assert quotas.sends_left(cast.x, at=at) == 3

    quotas.note_quota(cast.x, told(15, 14, at + 2 * QUARTER))
    quotas.note_quota(cast.x, told(15, 1, at + QUARTER))
    assert quotas.sends_left(cast.x, at=at) == 14


def test_scarce_sends_go_to_the_promises_that_were_due_first(cast: Cast, at: datetime) -> None:
    replies(cast, ["Ann", "Ben", "Cem"], at=at)
    quotas.note_quota(cast.x, told(15, 2, at + QUARTER))

    assert claim(cast.x, at=at) == ["to Ann", "to Ben"]
    assert claim(cast.x, at=at) == []


def test_after_the_reset_no_more_go_than_the_limit_until_an_answer_tells(cast: Cast, at: datetime) -> None:
    replies(cast, ["Ann", "Ben", "Cem"], at=at)
    quotas.note_quota(cast.x, told(2, 0, at + QUARTER))

    assert claim(cast.x, at=at + QUARTER) == ["to Ann", "to Ben"]
    assert claim(cast.x, at=at + QUARTER) == []

    quotas.note_quota(cast.x, told(2, 1, at + QUARTER + 5 * MINUTE))
    assert claim(cast.x, at=at + QUARTER) == ["to Cem"]


def test_a_refusal_that_leaves_sends_makes_only_its_own_customer_wait(cast: Cast, at: datetime) -> None:
    written = replies(cast, ["Ann", "Ben"], at=at)
    assert claim(cast.x, at=at, limit=1) == ["to Ann"]
    error = SendFailed(
        FailureClass.THROTTLED, "Too many to this person", retry_at=at + MINUTE, quota=told(15, 9, at + QUARTER)
    )
    quotas.note_quota(cast.x, error.quota)
    outbound.note_health(cast.x, error, at=at)
    outbound.record_failed(delivery_of(written["Ann"]), error, at=at)

    assert claim(cast.x, at=at) == ["to Ben"]
    assert claim(cast.x, at=at + MINUTE) == ["to Ann"]


# When those in line will go


def waiting(number: int, conversation: int, *, due: datetime | None, since: datetime) -> Waiting:
    return Waiting(delivery_id=number, conversation_id=conversation, promise_due_at=due, not_before=since)


def test_who_waits_is_told_the_window_in_which_their_turn_comes(at: datetime) -> None:
    window = Window(limit=2, remaining=1, resets_at=at + 5 * MINUTE, length=QUARTER)
    line = [waiting(n, n, due=at + n * MINUTE, since=at) for n in range(5)]

    times = expected_times(line, [window], at=at)

    assert times == {
        0: at,
        1: at + 5 * MINUTE,
        2: at + 5 * MINUTE,
        3: at + 5 * MINUTE + QUARTER,
        4: at + 5 * MINUTE + QUARTER,
    }


def test_a_conversation_keeps_its_order_however_pressing_the_later_one_is(at: datetime) -> None:
    window = Window(limit=1, remaining=0, resets_at=at + MINUTE, length=QUARTER)
    line = [
        waiting(1, 1, due=at + 30 * MINUTE, since=at),
        waiting(2, 1, due=at, since=at + timedelta(seconds=1)),
        waiting(3, 2, due=at + 10 * MINUTE, since=at),
        waiting(4, 3, due=None, since=at - MINUTE),
    ]

    times = expected_times(line, [window], at=at)

    assert sorted(times, key=lambda number: times[number]) == [3, 1, 2, 4]


def test_a_used_up_day_decides_over_the_quarter_of_an_hour(at: datetime) -> None:
    quarter = Window(limit=15, remaining=15, resets_at=at + MINUTE, length=QUARTER)
    day = Window(limit=1440, remaining=0, resets_at=at + timedelta(hours=3), length=DAY)

    assert expected_times([waiting(1, 1, due=None, since=at)], [quarter, day], at=at) == {1: at + timedelta(hours=3)}


def test_what_is_foretold_is_kept_on_the_delivery_and_told_to_open_pages(cast: Cast, at: datetime) -> None:
    written = replies(cast, ["Ann", "Ben"], at=at)
    quotas.note_quota(cast.x, told(15, 1, at + 9 * MINUTE))
    conversation = db.session.get_one(Conversation, delivery_of(written["Ben"]).conversation_id)
    before = conversation.version

    assert foretelling.note_expected(cast.x, at=at) == [conversation.id]
    assert delivery_of(written["Ann"]).expected_at is None
    assert delivery_of(written["Ben"]).expected_at == at + 9 * MINUTE
    db.session.refresh(conversation)
    assert conversation.version > before
    assert foretelling.note_expected(cast.x, at=at) == []


@pytest.mark.parametrize(
    ("remaining", "resets_after", "expected_after"),
    [(15, QUARTER, None), (0, QUARTER, QUARTER)],
    ids=["more go at once", "later"],
)
def test_what_was_foretold_changes_with_what_the_network_says(
    cast: Cast, at: datetime, remaining: int, resets_after: timedelta, expected_after: timedelta | None
) -> None:
    written = replies(cast, ["Ann"], at=at)
    quotas.note_quota(cast.x, told(15, 0, at + 9 * MINUTE))
    foretelling.note_expected(cast.x, at=at)
    quotas.note_quota(cast.x, told(15, remaining, at + resets_after))

    foretelling.note_expected(cast.x, at=at)

    assert delivery_of(written["Ann"]).expected_at == (at + expected_after if expected_after else None)
