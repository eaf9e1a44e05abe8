"""What comes back by itself: each job is guarded by a row, so that two schedulers do no harm."""

import logging
from datetime import timedelta

from flask import current_app
from rq.timeouts import BaseTimeoutException
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from config import Settings
from helpdesk import bells, clock
from helpdesk.importing import queries as importing_queries
from helpdesk.mail import queries as mail_queries
from helpdesk.messaging import (
    delivery_queries,
    history,
    history_queries,
    leftovers,
    lookups,
    media_queries,
    parking,
    partitions,
    queries,
    registering,
)
from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics import packing, reconciliation_queries, reconciling, saved_reports
from helpdesk.metrics.periods import period_of
from helpdesk.orm import db
from helpdesk.sla import firing
from helpdesk.tickets import intake, lifecycle, reminders
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.models import PeriodicRun
from helpdesk.transaction import transaction
from worker import deliver, gaps

logger = logging.getLogger(__name__)

BATCH = 200


def sweep() -> None:
    """Find work whose bell was lost, and claims whose worker died."""
    if not _is_due("sweep", every=timedelta(seconds=5)):
        return
    deliver.end_expired_leases()
    at = queries.database_time()
    for account_id in queries.accounts_with_waiting_events():
        bells.ring(bells.INGEST, account_id)
    for account_id in delivery_queries.accounts_with_deliveries_to_send(at=at):
        bells.ring(bells.DELIVER, account_id)
    for account_id in media_queries.accounts_with_waiting_media(at=at):
        bells.ring(bells.MEDIA, account_id)
    with transaction():
        lookups.begin(at=at)
    for account_id in {
        *history_queries.accounts_with_history_due(history.networks(), at=at),
        *history_queries.accounts_with_lookups_due(at=at),
    }:
        bells.ring(bells.HISTORY, account_id)
    for import_id in importing_queries.uploads_waiting():
        bells.ring(bells.IMPORT, import_id)
    if mail_queries.is_waiting(at=at):
        bells.ring(bells.MAIL, bells.EVERYTHING)


def ring_for_due_deliveries() -> None:
    """Undo times end, later times come, and nobody rings; what this misses the sweep finds."""
    if not _is_due("ring for due deliveries", every=timedelta(milliseconds=500)):
        return
    at = queries.database_time()
    for account_id in delivery_queries.accounts_with_deliveries_due(since=at - timedelta(seconds=5), at=at):
        bells.ring(bells.DELIVER, account_id)


def watch_promises() -> None:
    """Warn about promises in their last part and act on those broken; work in proportion to what is due."""
    if not _is_due("watch promises", every=timedelta(seconds=5)):
        return
    at = clock.now()
    fired = BATCH
    while fired >= BATCH:
        with transaction():
            warnings = firing.claim_warnings(at=at, limit=BATCH)
            breaches = firing.claim_breaches(at=at, limit=BATCH)
            reminders.note([*warnings, *breaches], at=at)
        fired = max(len(warnings), len(breaches))


def watch_gaps() -> None:
    """Read networks' records when they could not reach us for a while."""
    if _is_due("watch gaps", every=timedelta(seconds=20)):
        gaps.look(current_app.config["SETTINGS"])


def watch_webhooks() -> None:
    """See once an hour that networks still call us, a few accounts at a time."""
    if not _is_due("watch webhooks", every=timedelta(seconds=50)):
        return
    since = queries.database_time() - timedelta(hours=1)
    for account_id in history_queries.accounts_with_webhook_unwatched(since=since, limit=3):
        registering.watch(account_id, current_app.config["SETTINGS"])


def wake_snoozed() -> None:
    """Open what was snoozed until now."""
    if not _is_due("wake snoozed", every=timedelta(seconds=5)):
        return
    at = clock.now()
    with transaction():
        for ticket in ticket_queries.lock_snoozed_until(at, limit=BATCH):
            lifecycle.open_again(ticket, by=None, at=ticket.snoozed_until or at)


def make_partitions() -> None:
    """Have a partition of raw events ready for this month and the next."""
    if not _is_due("make partitions", every=timedelta(hours=6)):
        return
    with transaction():
        partitions.ensure(clock.now())


def sweep_files() -> None:
    """Take away files that came to nothing, a share of them at a time."""
    if not _is_due("sweep files", every=timedelta(minutes=4)):
        return
    settings, at = current_app.config["SETTINGS"], queries.database_time()
    share = leftovers.share_of(at)
    with transaction():
        leftovers.delete_unshown(share, settings, at=at)
    leftovers.discard_unnamed(share, settings, at=at)


def drop_old_events() -> None:
    """Drop the months of raw events whose time is over; what was not taken in stays."""
    if not _is_due("drop old events", every=timedelta(hours=6)):
        return
    settings: Settings = current_app.config["SETTINGS"]
    before = clock.now() - timedelta(days=settings.raw_events_kept_days)
    try:
        with transaction():
            dropped = partitions.drop_before(before)
    except OperationalError:
        # Somebody held the table for longer than we may make the webhooks wait; in some hours again.
        logger.warning("old events not dropped this time", exc_info=True)
        return
    if dropped:
        logger.info("old events dropped", extra={"partitions": dropped})
    deleted = partitions.BATCH
    while deleted >= partitions.BATCH:
        with transaction():
            deleted = partitions.delete_settled(before)


def apply_parked() -> None:
    """Two workers may have had an event and its message at the same time, and neither saw the other's."""
    if not _is_due("apply parked", every=timedelta(seconds=30)):
        return
    found = queries.parked_with_target(limit=BATCH)
    for account_id in {row.account_id for row in found}:
        with transaction():
            account = db.session.get_one(ChannelAccount, account_id)
            targets = [row.target_external_id for row in found if row.account_id == account_id]
            intake.take_in_parked(account, targets, at=clock.now())


def set_aside_parked() -> None:
    """What waited for 7 days for its message is shown to the operator; should the message come, it is still applied."""
    if not _is_due("set aside parked", every=timedelta(hours=1)):
        return
    with transaction():
        parking.set_aside_overdue(at=clock.now())


def _is_due(name: str, *, every: timedelta) -> bool:
    """Whether it is this run's turn; of a pile of runs, or of two schedulers, one is told yes."""
    now = queries.database_time()
    with transaction():
        first = db.session.execute(
            insert(PeriodicRun).values(name=name, last_at=now).on_conflict_do_nothing().returning(PeriodicRun.name)
        ).one_or_none()
        turn = (
            first
            or db.session.execute(
                update(PeriodicRun)
                .where(PeriodicRun.name == name, PeriodicRun.last_at <= now - every)
                .values(last_at=now)
                .returning(PeriodicRun.name)
            ).one_or_none()
        )
    return turn is not None


def reconcile_yesterday() -> None:
    """Count yesterday's numbers again from messages, once it is over everywhere on earth."""
    at = clock.now()
    day = (at - timedelta(hours=36)).date().isoformat()
    period = period_of(day, day, zone="UTC", at=at)
    if not _is_due("reconcile yesterday", every=timedelta(minutes=30)):
        return
    with transaction():
        is_done = reconciliation_queries.is_reconciled(period, since=period.until)
    if not is_done:
        reconciling.reconcile(period, at=at)


def pack_days() -> None:
    """Keep what ended ready to be counted; what this does not come to, the next does."""
    if _is_due("pack days", every=timedelta(seconds=50)):
        packing.pack_days()


def mail_reports() -> None:
    """Mail the kept reports whose hour has come, each in a transaction of its own."""
    if not _is_due("mail reports", every=timedelta(seconds=50)):
        return
    while True:
        with transaction():
            report_id = saved_reports.claim_due(at=clock.now())
        if report_id is None:
            return
        try:
            with transaction():
                saved_reports.mail(report_id, at=clock.now())
        except BaseTimeoutException:
            raise
        except Exception:
            logger.exception("kept report not mailed", extra={"report_id": report_id})
