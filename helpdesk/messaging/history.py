"""Reading a network's own record of an account: at connection, after a gap, and slowly for ever.

A reading goes from the newest event back to the cursor, a page at a time, and may be broken off anywhere: a page is
kept with the place of the next in one transaction. When the cursor is reached it moves to where the reading began.
What is kept is a raw event like a webhook's, so it is taken in, replayed and made harmless where known all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.dialects.postgresql import insert

from helpdesk import bells
from helpdesk.channels import registry
from helpdesk.channels.history import HistoryPage
from helpdesk.channels.port import FailureClass, Quota, SendFailed
from helpdesk.messaging import history_queries
from helpdesk.messaging.models import ChannelAccount, ChannelLink, Health, InboundEvent
from helpdesk.orm import db
from helpdesk.pace import pace

EVERY = timedelta(hours=1)
"""Webhooks lead; reading costs, for each event read, and only repairs."""

_SHORTEST = timedelta(seconds=10)
"""A shortened pace leaves the machine itself time to read."""

LEASE = timedelta(minutes=2)
"""Longer than the longest call; a reader that dies in one only delays the next by this."""

FIRST_LOOK = 10
"""How many events a look for news asks for: most looks find none."""

WHOLE_PAGE = 100

_LONGEST_PAUSE = timedelta(hours=1)
_FIRST_PAUSE = timedelta(seconds=30)
_PASSING = (FailureClass.TRANSIENT, FailureClass.THROTTLED)


@dataclass(frozen=True, kw_only=True)
class ClaimedPage:
    """One page to be read; no rows."""

    account_id: int
    cursor: str
    token: str
    limit: int


def networks() -> tuple[str, ...]:
    """Those that can be asked for the past."""
    return tuple(n for n in registry.networks() if registry.capabilities(n).history is not None)


def ensure_link(account_id: int) -> ChannelLink:
    """The account's link, locked; made where it is missing."""
    db.session.execute(insert(ChannelLink).values(account_id=account_id).on_conflict_do_nothing())
    return history_queries.lock_link(account_id)


def ask_for(account_id: int) -> None:
    """There may be a gap: read as soon as the network's limits let us."""
    ensure_link(account_id).history_due_at = None
    bells.ring_after_commit(bells.HISTORY, account_id)


def ask_for_all() -> None:
    """We were away: every account may have a gap."""
    for account_id in history_queries.accounts_of(networks()):
        ask_for(account_id)


def claim_page(account: ChannelAccount, *, at: datetime) -> ClaimedPage | None:
    """The next page to read, None when nothing is due or may be read; the caller commits before it asks."""
    if account.network not in networks() or not may_ask(account):
        return None
    link = ensure_link(account.id)
    if (link.history_due_at is not None and link.history_due_at > at) or not may_call(
        link.reads_remaining, link.reads_reset_at, at=at
    ):
        return None
    link.history_due_at = at + LEASE
    is_look = not link.history_token and bool(link.history_cursor)
    return ClaimedPage(
        account_id=account.id,
        cursor=link.history_cursor,
        token=link.history_token,
        limit=FIRST_LOOK if is_look else WHOLE_PAGE,
    )


def may_ask(account: ChannelAccount) -> bool:
    """Nothing is asked in the name of an account that is broken or that somebody has paused."""
    return account.health == Health.OK and account.paused_at is None


def may_call(remaining: int | None, resets_at: datetime | None, *, at: datetime) -> bool:
    """Whether the network's last answer leaves a call, or holds no more."""
    return remaining is None or remaining > 0 or resets_at is None or resets_at <= at


def keep_page(claimed: ClaimedPage, page: HistoryPage, *, at: datetime) -> bool:
    """Keep what the page tells and where the next begins; whether there is a next."""
    link = ensure_link(claimed.account_id)
    if (link.history_cursor, link.history_token) != (claimed.cursor, claimed.token):
        # Our lease ran out and somebody else read this page.
        return False
    if page.count and page.newest_id != claimed.cursor:
        keep_raw(claimed.account_id, page, at=at)
    link.history_newest = link.history_newest or page.newest_id
    link.history_token, link.history_words, link.history_failures = page.next_token, "", 0
    _note_reads(link, page.quota)
    if page.next_token:
        link.history_due_at = None
        return True
    link.history_cursor = link.history_newest or link.history_cursor
    link.history_newest, link.history_read_at, link.history_due_at = "", at, at + _later(EVERY)
    return False


def keep_raw(account_id: int, page: HistoryPage, *, at: datetime) -> None:
    """A page as it came, to be taken in like a webhook call."""
    db.session.add(
        InboundEvent(
            account_id=account_id,
            received_at=at,
            is_backfilled=True,
            headers={},
            body=page.body,
            body_hash=sha256(page.body).hexdigest(),
        )
    )
    bells.ring_after_commit(bells.INGEST, account_id)


def note_failed(claimed: ClaimedPage, error: SendFailed, *, at: datetime) -> None:
    """It could not be read: when to try again."""
    link = ensure_link(claimed.account_id)
    link.history_failures += 1
    link.history_words = error.reason
    _note_reads(link, error.quota)
    if claimed.token and error.failure not in _PASSING:
        # The network no longer knows the place: begin again at the newest.
        link.history_token = link.history_newest = ""
    if error.failure == FailureClass.THROTTLED:
        link.history_due_at = error.retry_at or at + _later(_LONGEST_PAUSE)
    elif error.failure == FailureClass.TRANSIENT:
        longer = _FIRST_PAUSE * 2 ** min(link.history_failures, 10)
        link.history_due_at = at + _later(min(longer, _LONGEST_PAUSE))
    else:
        link.history_due_at = at + _later(EVERY)


def _later(wait: timedelta) -> timedelta:
    return pace.of(wait, at_least=_SHORTEST)


def _note_reads(link: ChannelLink, quota: Quota | None) -> None:
    if quota is not None:
        link.reads_remaining, link.reads_reset_at = quota.remaining, quota.resets_at
