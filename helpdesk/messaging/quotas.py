"""How many messages a network still takes of an account.

A network tells its limits with its answers; what it told holds until the reset it named. Some limit two spans at once
(X: 15 in 15 minutes and 1,440 in 24 hours): the tighter one decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.channels.port import Quota
from helpdesk.messaging.models import ChannelAccount
from helpdesk.pace import pace

UNLIMITED = 1_000_000

UNTOLD_WINDOW = timedelta(minutes=15)
"""How long a network that throttles without saying until when is left alone: X's own window."""

UNTOLD_LIMIT = 15
"""What is taken to go in such a window."""

DAY = timedelta(hours=24)

_UNTIL_ANSWERED = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Window:
    """One span that a network counts in, as it stands now."""

    limit: int
    remaining: int
    resets_at: datetime
    length: timedelta


def windows_of(account: ChannelAccount, *, at: datetime) -> list[Window]:
    """The spans of which the network has said something that still holds."""
    length = UNTOLD_WINDOW if account.quota_window_seconds is None else timedelta(seconds=account.quota_window_seconds)
    told = (
        (account.quota_limit, account.quota_remaining, account.quota_resets_at, length),
        (account.day_quota_limit, account.day_quota_remaining, account.day_quota_resets_at, DAY),
    )
    return [
        Window(limit=limit or UNTOLD_LIMIT, remaining=remaining, resets_at=resets_at, length=length)
        for limit, remaining, resets_at, length in told
        if remaining is not None and resets_at is not None and resets_at > at
    ]


def sends_left(account: ChannelAccount, *, at: datetime) -> int:
    """How many sends the network's last answers leave; UNLIMITED where they say nothing that still holds."""
    return min((window.remaining for window in windows_of(account, at=at)), default=UNLIMITED)


def binding_window(account: ChannelAccount, *, at: datetime) -> Window | None:
    """The span that decides when more may go: the used-up one that ends last, else the one that leaves least."""
    windows = windows_of(account, at=at)
    used_up = [window for window in windows if window.remaining == 0]
    if used_up:
        return max(used_up, key=lambda window: window.resets_at)
    return min(windows, key=lambda window: window.remaining, default=None)


def begin_anew(account: ChannelAccount, *, at: datetime) -> None:
    """After the reset as many go as before, and not all that wait: the first answer tells what really holds."""
    if account.quota_limit is not None and account.quota_resets_at is not None and account.quota_resets_at <= at:
        account.quota_remaining, account.quota_resets_at = account.quota_limit, at + pace.of(_UNTIL_ANSWERED)
        account.quota_window_seconds = None


def count_sends(account: ChannelAccount, sends: int) -> None:
    """These are on their way: the answers that are to come have counted them."""
    if account.quota_remaining is not None:
        account.quota_remaining = max(0, account.quota_remaining - sends)
    if account.day_quota_remaining is not None:
        account.day_quota_remaining = max(0, account.day_quota_remaining - sends)


def note_quota(account: ChannelAccount, quota: Quota | None) -> None:
    """What an answer told. Answers of calls made at once come in any order: within a window the lowest number holds."""
    if quota is None:
        return
    is_supposed = account.quota_window_seconds is None
    remaining = quota.remaining if is_supposed else _newer(account.quota_remaining, account.quota_resets_at, quota)
    if remaining is not None:
        account.quota_limit, account.quota_remaining, account.quota_resets_at = quota.limit, remaining, quota.resets_at
        account.quota_window_seconds = int(quota.window.total_seconds()) if quota.window else None
    day = quota.day
    remaining = _newer(account.day_quota_remaining, account.day_quota_resets_at, day) if day else None
    if day is not None and remaining is not None:
        account.day_quota_limit, account.day_quota_remaining = day.limit, remaining
        account.day_quota_resets_at = day.resets_at


def _newer(known: int | None, resets_at: datetime | None, told: Quota) -> int | None:
    """What is left by all that was told; None where the answer is about a window that is over."""
    if known is None or resets_at is None or told.resets_at > resets_at:
        return told.remaining
    return min(known, told.remaining) if told.resets_at == resets_at else None
