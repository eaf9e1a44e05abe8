"""Every SELECT on calendars, policies and clocks."""

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, TextClause, func, select, text

from helpdesk.arrays import any_of
from helpdesk.orm import db
from helpdesk.sla.models import (
    RUNNING,
    UNFIRED_BREACH,
    UNFIRED_WARNING,
    Calendar,
    CalendarVersion,
    Clock,
    ClockKind,
    ClockPause,
    Policy,
    PolicyVersion,
)


def earliest_due(ticket_ids: Collection[int]) -> dict[int, dt.datetime]:
    """When the next promise of each ticket is due; a ticket without a running promise, or paused, is left out."""
    # Which are paused is asked of those found: as a condition, it lets a planner that does not know yet how many run
    # read all of them in the order in which they are due.
    soonest = (
        select(Clock.ticket_id, func.min(Clock.due_at).filter(Clock.paused_at.is_(None)))
        .where(any_of(Clock.ticket_id, ticket_ids), text(RUNNING))
        .group_by(Clock.ticket_id)
    )
    return {ticket_id: due_at for ticket_id, due_at in db.session.execute(soonest) if due_at}


def running_clocks(ticket_ids: Collection[int]) -> dict[int, list[Clock]]:
    """The running clocks of each ticket that has any, soonest due first, those without a promise last."""
    running = (
        select(Clock)
        .where(any_of(Clock.ticket_id, ticket_ids), text(RUNNING))
        .order_by(Clock.due_at.nulls_last(), Clock.id)
    )
    found: dict[int, list[Clock]] = {}
    for clock in db.session.scalars(running):
        found.setdefault(clock.ticket_id, []).append(clock)
    return found


def clocks_of_ticket(ticket_id: int) -> Sequence[Clock]:
    """Every interval of a ticket, superseded ones included, oldest first."""
    return db.session.scalars(
        select(Clock).where(Clock.ticket_id == ticket_id).order_by(Clock.started_at, Clock.id)
    ).all()


def pauses_of(clock_ids: Collection[int]) -> dict[int, list[ClockPause]]:
    """The pauses of each of these clocks, oldest first; [] for one without."""
    found: dict[int, list[ClockPause]] = {clock_id: [] for clock_id in clock_ids}
    pauses = (
        select(ClockPause).where(any_of(ClockPause.clock_id, clock_ids)).order_by(ClockPause.started_at, ClockPause.id)
    )
    for pause in db.session.scalars(pauses):
        found[pause.clock_id].append(pause)
    return found


def policies_in_force(
    brand_ids: Collection[int], *, at: dt.datetime
) -> list[tuple[Policy, PolicyVersion, CalendarVersion | None]]:
    """The newest version published by `at` of every policy in the brands' lists, first rule first."""
    latest = (
        select(PolicyVersion.policy_id, func.max(PolicyVersion.version).label("version"))
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(Policy.brand_id.in_(brand_ids), PolicyVersion.published_at <= at)
        .group_by(PolicyVersion.policy_id)
        .subquery()
    )
    in_force = (
        select(Policy, PolicyVersion, CalendarVersion)
        .join(latest, latest.c.policy_id == Policy.id)
        .join(
            PolicyVersion,
            (PolicyVersion.policy_id == latest.c.policy_id) & (PolicyVersion.version == latest.c.version),
        )
        .outerjoin(CalendarVersion, CalendarVersion.id == PolicyVersion.calendar_version_id)
        .where(Policy.position.is_not(None))
        .order_by(Policy.brand_id, Policy.position)
    )
    return [(policy, version, calendar) for policy, version, calendar in db.session.execute(in_force)]


def policy_versions(ids: Collection[int]) -> list[tuple[PolicyVersion, CalendarVersion | None]]:
    found = (
        select(PolicyVersion, CalendarVersion)
        .outerjoin(CalendarVersion, CalendarVersion.id == PolicyVersion.calendar_version_id)
        .where(PolicyVersion.id.in_(ids))
    )
    return [(version, calendar) for version, calendar in db.session.execute(found)]


def policy_named(brand_id: int, name: str) -> Policy | None:
    """Locked, so that two who publish at once make two versions."""
    return db.session.scalar(
        select(Policy).where(Policy.brand_id == brand_id, Policy.name == name).with_for_update(key_share=True)
    )


def policies_of_brand(brand_id: int) -> Sequence[Policy]:
    """First rule first, withdrawn ones last."""
    return db.session.scalars(
        select(Policy).where(Policy.brand_id == brand_id).order_by(Policy.position.nulls_last(), Policy.id)
    ).all()


def lock_rules(brand_id: int) -> Sequence[Policy]:
    """The brand's policies, first rule first, while nobody else publishes or orders any."""
    brands = Policy.metadata.tables["brand"]
    db.session.execute(select(brands.c.id).where(brands.c.id == brand_id).with_for_update(key_share=True))
    in_order = select(Policy).where(Policy.brand_id == brand_id).order_by(Policy.position.nulls_last(), Policy.id)
    return db.session.scalars(in_order.execution_options(populate_existing=True)).all()


def calendars_of_brand(brand_id: int) -> Sequence[Calendar]:
    return db.session.scalars(select(Calendar).where(Calendar.brand_id == brand_id).order_by(Calendar.name)).all()


def calendars_in_force(brand_ids: Collection[int]) -> list[tuple[Calendar, CalendarVersion]]:
    """Each of the brands' calendars with its newest version, by name."""
    newest = (
        select(CalendarVersion.calendar_id, func.max(CalendarVersion.version).label("version"))
        .group_by(CalendarVersion.calendar_id)
        .subquery()
    )
    in_force = (
        select(Calendar, CalendarVersion)
        .join(newest, newest.c.calendar_id == Calendar.id)
        .join(
            CalendarVersion,
            (CalendarVersion.calendar_id == newest.c.calendar_id) & (CalendarVersion.version == newest.c.version),
        )
        .where(Calendar.brand_id.in_(brand_ids))
        .order_by(Calendar.brand_id, Calendar.name)
    )
    return [(calendar, version) for calendar, version in db.session.execute(in_force)]


def newest_called(brand_ids: Collection[int], name: str) -> list[CalendarVersion]:
    """The newest version of each of the brands' calendars of this name."""
    return [version for calendar, version in calendars_in_force(brand_ids) if calendar.name == name]


def calendar_names(calendar_version_ids: Collection[int]) -> dict[int, str]:
    """calendar version → the name of its calendar."""
    found = (
        select(CalendarVersion.id, Calendar.name)
        .join(Calendar, Calendar.id == CalendarVersion.calendar_id)
        .where(any_of(CalendarVersion.id, calendar_version_ids))
    )
    return {row.id: row.name for row in db.session.execute(found)}


def calendar_of_version(calendar_version_id: int | None) -> int | None:
    """The calendar that a version is one of."""
    return db.session.scalar(select(CalendarVersion.calendar_id).where(CalendarVersion.id == calendar_version_id))


def calendar_versions(calendar_id: int) -> Sequence[CalendarVersion]:
    """Newest first."""
    return db.session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.calendar_id == calendar_id)
        .order_by(CalendarVersion.version.desc())
    ).all()


def versions_of_policy(policy_id: int) -> Sequence[PolicyVersion]:
    """Newest first."""
    return db.session.scalars(
        select(PolicyVersion).where(PolicyVersion.policy_id == policy_id).order_by(PolicyVersion.version.desc())
    ).all()


def calendar_named(brand_id: int, name: str) -> Calendar | None:
    """Locked, so that two who publish at once make two versions."""
    return db.session.scalar(
        select(Calendar).where(Calendar.brand_id == brand_id, Calendar.name == name).with_for_update(key_share=True)
    )


def current_calendar_version(brand_id: int, calendar_id: int) -> CalendarVersion | None:
    """The newest version of a calendar of this brand."""
    return db.session.scalar(
        select(CalendarVersion)
        .join(Calendar, Calendar.id == CalendarVersion.calendar_id)
        .where(Calendar.brand_id == brand_id, Calendar.id == calendar_id)
        .order_by(CalendarVersion.version.desc())
        .limit(1)
    )


def newest_policy_version_number(policy_id: int) -> int:
    """0 before the first."""
    newest = select(func.max(PolicyVersion.version)).where(PolicyVersion.policy_id == policy_id)
    return db.session.scalar(newest) or 0


def newest_calendar_version_number(calendar_id: int) -> int:
    """0 before the first."""
    newest = select(func.max(CalendarVersion.version)).where(CalendarVersion.calendar_id == calendar_id)
    return db.session.scalar(newest) or 0


# Locking reads of the verbs. They lock in order of id, so that two batches never wait for each other in a ring.


def lock_running(ticket_ids: Collection[int]) -> Sequence[Clock]:
    return _locked(any_of(Clock.ticket_id, ticket_ids), text(RUNNING))


def lock_not_superseded(ticket_ids: Collection[int]) -> Sequence[Clock]:
    return _locked(any_of(Clock.ticket_id, ticket_ids), Clock.superseded_at.is_(None))


def lock_running_or_stopped_after(ticket_ids: Collection[int], instant: dt.datetime) -> Sequence[Clock]:
    is_concerned = Clock.stopped_at.is_(None) | (Clock.stopped_at > instant)
    return _locked(any_of(Clock.ticket_id, ticket_ids), Clock.superseded_at.is_(None), is_concerned)


def lock_stopped_resolutions(ticket_ids: Collection[int]) -> Sequence[Clock]:
    return _locked(
        any_of(Clock.ticket_id, ticket_ids),
        Clock.kind == ClockKind.RESOLUTION,
        Clock.superseded_at.is_(None),
        Clock.stopped_at.is_not(None),
    )


def ticket_ids_stopped_by(message_id: int) -> set[int]:
    """The tickets with a clock that this message stopped."""
    stopped = select(Clock.ticket_id).where(Clock.stopped_by_message_id == message_id, Clock.superseded_at.is_(None))
    return set(db.session.scalars(stopped))


def lock_unfired_warnings(*, at: dt.datetime, limit: int) -> Sequence[Clock]:
    """Clocks with a warning due by `at` that has not fired, longest due first; rows in other hands are passed over."""
    due = select(Clock).where(text(UNFIRED_WARNING), Clock.next_warn_at <= at).order_by(Clock.next_warn_at)
    return _claimed(due, limit)


def lock_unfired_breaches(*, at: dt.datetime, limit: int) -> Sequence[Clock]:
    """Clocks that fell due before `at` and whose breach has not fired, longest due first, likewise."""
    return _claimed(select(Clock).where(text(UNFIRED_BREACH), Clock.due_at < at).order_by(Clock.due_at), limit)


def _locked(*conditions: ColumnElement[bool] | TextClause) -> Sequence[Clock]:
    found = select(Clock).where(*conditions).order_by(Clock.id).with_for_update(key_share=True)
    return db.session.scalars(found.execution_options(populate_existing=True)).all()


def _claimed(due: Select[Clock], limit: int) -> Sequence[Clock]:
    """Each with its ticket, which is written next: whoever works on a ticket locks it before its clocks, and would
    meet us in a circle. A ticket in other hands is passed over, and comes at the next look."""
    # In a query of its own: the partial indexes' conditions name columns that a ticket has too.
    tickets = select(Clock.metadata.tables["ticket"].c.id.label("ticket")).subquery("tickets")
    with_ticket = due.join(tickets, tickets.c.ticket == Clock.ticket_id).limit(limit)
    claim = with_ticket.with_for_update(of=[Clock, tickets], key_share=True, skip_locked=True)
    return db.session.scalars(claim.execution_options(populate_existing=True)).all()
