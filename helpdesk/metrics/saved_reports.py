"""Reports that are kept: made when they are looked at, mailed at their hour, shown to others by a link that ends.

A kept report counts what its owner may count at that moment; when the owner has left it is made no more.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from helpdesk.errors import InvalidInput, NotFound
from helpdesk.mail import outbox
from helpdesk.mail.outbox import Attachment
from helpdesk.messaging import queries as messaging_queries
from helpdesk.metrics import saved_report_queries
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.models import SavedReport
from helpdesk.metrics.periods import Period
from helpdesk.metrics.reports import Report, ReportKind, report
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent
from helpdesk.sla.calendar import zone_named
from helpdesk.spreadsheets import FORMS, written
from helpdesk.tickets.models import PRIORITY_OF_WORD, Priority
from helpdesk.tickets.tagging_queries import tags_of_brands

LENGTHS = (1, 7, 28, 91)
"""Days that a kept report may be of."""

LINK_LENGTHS = (1, 7, 30, 90)
"""Days for which a link may be good."""

_AGAIN = timedelta(hours=1)
"""After which a report whose making was broken off is tried again."""

EVERY = ("day", "week", "month")

MOST_RECIPIENTS = 20
_ADDRESS = re.compile(r"[^@\s,;:<>()\"]{1,64}@[^@\s,;:<>()\"]{1,190}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be kept; see SavedReport."""

    name: str
    kind: ReportKind
    by: Dimension | None
    brand_id: int | None
    team_id: int | None
    network: str
    days: int
    zone: str
    every: str = ""
    hour: int = 7
    priority: Priority | None = None
    tag: str = ""
    recipients: Sequence[str] = ()
    form: str = "csv"


def keep(wish: Wish, *, owner: Agent, at: datetime) -> SavedReport:
    """Raises InvalidInput."""
    _check(wish)
    saved = SavedReport(
        owner_id=owner.id,
        name=wish.name,
        kind=wish.kind.value,
        by=wish.by.value if wish.by else "",
        brand_id=wish.brand_id,
        team_id=wish.team_id,
        network=wish.network,
        priority=wish.priority.word if wish.priority else "",
        tag=wish.tag,
        days=wish.days,
        zone=wish.zone,
        created_at=at,
        every=wish.every,
        hour=wish.hour,
        recipients=list(wish.recipients),
        form=wish.form,
    )
    saved.next_at = _next_at(saved, after=at)
    db.session.add(saved)
    db.session.flush()
    return saved


def _check(wish: Wish) -> None:
    zone_named(wish.zone)
    if not (1 <= len(wish.name) <= 80 and wish.name.isprintable()):
        raise InvalidInput("A report's name has 1 to 80 characters.", field="name")
    if wish.days not in LENGTHS:
        raise InvalidInput("Choose over how many days.", field="days")
    if wish.every and wish.every not in EVERY:
        raise InvalidInput("Choose how often.", field="every")
    if not 0 <= wish.hour <= 23:
        raise InvalidInput("Choose an hour of the day, 0 to 23.", field="hour")
    if wish.form not in FORMS:
        raise InvalidInput("Choose CSV or Parquet.", field="form")
    if wish.every and not wish.recipients:
        raise InvalidInput("Say to whom it is mailed.", field="recipients")
    if len(wish.recipients) > MOST_RECIPIENTS:
        raise InvalidInput(f"At most {MOST_RECIPIENTS} addresses.", field="recipients")
    for address in wish.recipients:
        if not _ADDRESS.fullmatch(address) or not address.isprintable():
            raise InvalidInput(f"{address[:80]} is no e-mail address.", field="recipients")


# Making


def make(saved: SavedReport, *, at: datetime) -> tuple[Period, Report]:
    """Over the last whole days before `at`. Raises NotFound when its owner has left, or sees none of it any more."""
    period = days_of(saved, at=at)
    found = report(
        ReportKind(saved.kind),
        scope=_scope(saved),
        period=period,
        at=at,
        by=Dimension(saved.by) if saved.by else None,
    )
    return period, found


def _scope(saved: SavedReport) -> Scope:
    owner = db.session.get_one(Agent, saved.owner_id)
    if not owner.is_active:
        raise NotFound("no such report")
    scope = scope_of(people_queries.standing_of(owner))
    teams = people_queries.teams(scope.team_ids)
    mine = [team.id for team in teams if saved.brand_id in (None, team.brand_id) and saved.team_id in (None, team.id)]
    if not mine:
        raise NotFound("no such report")
    brand_ids = {team.brand_id for team in teams}
    accounts = [
        account.id
        for account in messaging_queries.all_accounts()
        if account.network == saved.network and account.brand_id in brand_ids
    ]
    return scope.narrowed(
        team_ids=mine,
        account_ids=accounts if saved.network else None,
        priority=PRIORITY_OF_WORD.get(saved.priority),
        # Of a tag that is no more nothing is counted, rather than everything.
        tag_ids=tags_of_brands(brand_ids).get(saved.tag, []) if saved.tag else None,
    )


def file_of(saved: SavedReport, form: str, *, at: datetime) -> Attachment:
    """The report as a file; `form` is csv or parquet. Raises NotFound."""
    period, found = make(saved, at=at)
    days = f"{at:%Y-%m-%d}" if is_of_now(saved) else f"{period.first}-{period.last}"
    return Attachment(name=f"{saved.kind}-{days}.{form}", content=written(found.columns, found.rows, form))


def is_of_now(saved: SavedReport) -> bool:
    """A backlog is that of now, whatever the days."""
    return saved.kind == ReportKind.BACKLOG


def days_of(saved: SavedReport, *, at: datetime) -> Period:
    """The last whole days before `at`."""
    today = at.astimezone(ZoneInfo(saved.zone)).date()
    return Period(first=today - timedelta(days=saved.days), last=today - timedelta(days=1), zone=saved.zone)


# Mailing


def claim_due(*, at: datetime) -> int | None:
    """The id of a report whose hour has come, put off for an hour; None when there is none.

    Committed before it is made: whatever breaks, stops or kills the making of it, it keeps none of the others waiting.
    """
    saved = saved_report_queries.lock_due(at=at)
    if saved is None:
        return None
    saved.next_at = at + _AGAIN
    return saved.id


def mail(report_id: int, *, at: datetime) -> None:
    """Mail a report that was claimed to each of its recipients, and say when it is due next.

    A report that was due while nothing ran is mailed once, of the days before now.
    """
    saved = db.session.get(SavedReport, report_id)
    if saved is None:
        return
    saved.next_at = _next_at(saved, after=at)
    try:
        attachment = file_of(saved, saved.form, at=at)
    except NotFound:
        saved.next_at = None
        return
    owner = db.session.get_one(Agent, saved.owner_id)
    title = saved.name if is_of_now(saved) else f"{saved.name}, {days_of(saved, at=at).words}"
    body = (
        f"{title} ({saved.zone.replace('_', ' ')}).\n\n"
        f"The numbers are in the attached file. {owner.name} has it mailed every {saved.every}."
    )
    for address in saved.recipients:
        outbox.post(address, title, body, at=at, attachment=attachment)


def _next_at(saved: SavedReport, *, after: datetime) -> datetime | None:
    """The first time after that instant at which the clock of its zone shows its hour: of a day, a Monday, a first."""
    if not saved.every:
        return None
    zone = ZoneInfo(saved.zone)
    day = after.astimezone(zone).date()
    while True:
        is_its_day = {"day": True, "week": day.weekday() == 0, "month": day.day == 1}[saved.every]
        due_at = datetime.combine(day, time(saved.hour), zone)
        if is_its_day and due_at > after:
            return due_at
        day += timedelta(days=1)


# Links


def share(saved: SavedReport, *, days: int, at: datetime) -> str:
    """The secret of a link by which anybody may read it; an earlier link is good no more. Raises InvalidInput."""
    if days not in LINK_LENGTHS:
        raise InvalidInput("Choose for how long the link is good.", field="link_days")
    secret = secrets.token_urlsafe(32)
    saved.token_hash, saved.link_expires_at = _hash(secret), at + timedelta(days=days)
    return secret


def unshare(saved: SavedReport) -> None:
    saved.token_hash = saved.link_expires_at = None


def shared_by(secret: str, *, at: datetime) -> SavedReport:
    """Looked up by its hash, so how long it takes tells nothing of the secret. Raises NotFound; also when it ended."""
    saved = saved_report_queries.saved_with(_hash(secret))
    if saved is None or saved.link_expires_at is None or saved.link_expires_at <= at:
        raise NotFound("no such report")
    return saved


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def forget(saved: SavedReport) -> None:
    """It is made and mailed no more, and its link is good no more."""
    db.session.delete(saved)
