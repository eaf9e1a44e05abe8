"""Is all well with a channel: what is told, and what of it needs somebody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk.messaging.channel_health import Trouble, judge
from helpdesk.messaging.health_queries import ChannelFacts, Line
from helpdesk.messaging.models import ChannelAccount, ChannelLink, Health

MINUTE = timedelta(minutes=1)


def facts(at: datetime, *, account: dict[str, Any] | None = None, **figures: Any) -> ChannelFacts:
    settled = {"health": Health.OK, "last_event_at": at} | (account or {})
    return ChannelFacts(account=ChannelAccount(network="x", handle="larkpost", **settled), **figures)


def test_nothing_is_wrong_with_a_channel_that_works(at: datetime) -> None:
    busy = facts(
        at,
        waiting=Line(rows=500, oldest=at - MINUTE),
        queued=Line(rows=9, oldest=at - MINUTE),
        parked=3,
        refused_today=4,
        refused_at=at + 5 * MINUTE,
    )

    verdict = judge(busy, at=at)

    assert verdict.troubles == ()
    assert (verdict.lag, verdict.oldest_queued) == (MINUTE, MINUTE)


def now_and_then(at: datetime) -> dict[str, tuple[dict[str, Any], Trouble, bool]]:
    late = Line(rows=2, oldest=at - 2 * MINUTE)
    spent = {"quota_limit": 15, "quota_remaining": 0, "quota_resets_at": at + MINUTE}
    return {
        "signed out": ({"account": {"health": Health.AUTH_LOST}}, Trouble.AUTH_LOST, True),
        "restricted": ({"account": {"health": Health.RESTRICTED}}, Trouble.RESTRICTED, True),
        "set up wrongly": ({"account": {"health": Health.MISCONFIGURED}}, Trouble.MISCONFIGURED, True),
        "unpaid": ({"account": {"health": Health.BILLING}}, Trouble.BILLING, True),
        "bad calls and no good one for long": ({"refused_at": at + 6 * MINUTE}, Trouble.REFUSING, True),
        "a bad call and never a good one": (
            {"refused_at": at, "account": {"last_event_at": None}},
            Trouble.REFUSING,
            True,
        ),
        "its webhook is gone": (
            {"link": ChannelLink(webhook_id="9001", webhook_is_valid=False, history_failures=0)},
            Trouble.NOT_CALLED,
            True,
        ),
        "its record cannot be read": (
            {"link": ChannelLink(webhook_id="", webhook_is_valid=False, history_failures=3)},
            Trouble.UNREAD,
            False,
        ),
        "set aside": ({"set_aside": 1}, Trouble.SET_ASIDE, True),
        "unknown": ({"unknown": 1}, Trouble.UNKNOWN, True),
        "failed": ({"failed": 1}, Trouble.FAILED, True),
        "waited too long": ({"overdue_parked": 1}, Trouble.OVERDUE_PARKED, True),
        "paused": ({"account": {"paused_at": at}, "queued": late}, Trouble.PAUSED, False),
        "behind": ({"waiting": late}, Trouble.BEHIND, False),
        "quota spent": ({"account": spent, "queued": late}, Trouble.QUOTA_SPENT, False),
        "slow": ({"queued": late}, Trouble.SLOW, False),
    }


@pytest.mark.parametrize("case", list(now_and_then(datetime(2026, 1, 1, tzinfo=UTC))))
def test_each_trouble_is_told_alone_and_as_what_it_is(at: datetime, case: str) -> None:
    figures, trouble, needs_somebody = now_and_then(at)[case]

    verdict = judge(facts(at, **figures), at=at)

    assert verdict.troubles == (trouble,)
    assert verdict.needs_somebody is needs_somebody


def test_the_gravest_comes_first(at: datetime) -> None:
    verdict = judge(facts(at, failed=1, set_aside=2, account={"health": Health.AUTH_LOST}), at=at)

    assert verdict.troubles == (Trouble.AUTH_LOST, Trouble.SET_ASIDE, Trouble.FAILED)
    assert verdict.is_broken


def test_a_quota_whose_time_is_over_explains_nothing(at: datetime) -> None:
    spent = {"quota_limit": 15, "quota_remaining": 0, "quota_resets_at": at}

    verdict = judge(facts(at, account=spent, queued=Line(rows=1, oldest=at - 2 * MINUTE)), at=at)

    assert verdict.troubles == (Trouble.SLOW,)
