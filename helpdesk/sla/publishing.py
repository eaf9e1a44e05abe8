"""Publishing new versions of policies and calendars, and the order of a brand's rules.

A version never changes. Tickets keep what they were promised until `retargeting.retarget` applies the newest.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from helpdesk.errors import InvalidInput, NotFound
from helpdesk.orm import Base, db
from helpdesk.sla import queries
from helpdesk.sla.calendar import YEAR, BusinessHours, between, refuse_never_open, to_definition
from helpdesk.sla.escalations import NOTHING, Escalation, to_actions
from helpdesk.sla.models import Calendar, CalendarVersion, ClockKind, PauseReason, Policy, PolicyVersion
from helpdesk.sla.policies import Conditions, hours_from, targets_of

Row = TypeVar("Row", bound=Base)

LONGEST_TARGET = dt.timedelta(days=3653)
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class PolicyDraft:
    """What a policy is to promise. A target of None is not promised; no calendar: all hours count."""

    conditions: Conditions = field(default_factory=Conditions)
    calendar_id: int | None = None
    first_response: dt.timedelta | None = None
    next_response: dt.timedelta | None = None
    resolution: dt.timedelta | None = None
    pause_while_pending: bool = True
    pause_while_snoozed: bool = True
    warn_fractions: tuple[float, ...] = (0.75,)
    at_warning: Escalation = NOTHING
    at_breach: Escalation = NOTHING

    @property
    def targets(self) -> dict[ClockKind, dt.timedelta]:
        promised = {
            ClockKind.FIRST_RESPONSE: self.first_response,
            ClockKind.NEXT_RESPONSE: self.next_response,
            ClockKind.RESOLUTION: self.resolution,
        }
        return {kind: target for kind, target in promised.items() if target is not None}

    @property
    def pauses_while(self) -> frozenset[PauseReason]:
        pauses = {PauseReason.PENDING: self.pause_while_pending, PauseReason.SNOOZED: self.pause_while_snoozed}
        return frozenset(reason for reason, is_paused in pauses.items() if is_paused)


def publish_calendar(
    brand_id: int, name: str, hours: BusinessHours, *, at: dt.datetime, by_agent_id: int | None = None
) -> CalendarVersion:
    """Make the next version of the brand's calendar of this name, and of every policy in force that counts in it.

    Raises NeverOpen, or InvalidInput for a region without known holidays, no name, or hours that a policy which
    counts in them could not be kept in.
    """
    queries.lock_rules(brand_id)
    known = queries.calendar_named(brand_id, named(name))
    refuse_unkeepable_hours(brand_id, known.id if known else None, hours, at=at)
    calendar = known or _added(Calendar(brand_id=brand_id, name=named(name)))
    version = _added(
        CalendarVersion(
            calendar_id=calendar.id,
            version=queries.newest_calendar_version_number(calendar.id) + 1,
            definition=to_definition(hours),
            published_at=at,
            published_by_agent_id=by_agent_id,
        )
    )
    _follow_calendar(brand_id, version, at=at, by_agent_id=by_agent_id)
    return version


def publish_policy(
    brand_id: int, name: str, draft: PolicyDraft, *, at: dt.datetime, by_agent_id: int | None = None
) -> PolicyVersion:
    """Make the next version of the brand's policy of this name; a new one goes to the end of the list.

    Raises InvalidInput, with the field, or NotFound for a calendar that is not the brand's.
    """
    queries.lock_rules(brand_id)
    refuse_unkeepable(brand_id, draft, at=at)
    calendar = _newest_calendar(brand_id, draft.calendar_id)
    policy = queries.policy_named(brand_id, named(name)) or _added(Policy(brand_id=brand_id, name=named(name)))
    if policy.position is None:
        policy.position = _last_position(brand_id) + 1
    return _added(
        PolicyVersion(
            policy_id=policy.id,
            version=queries.newest_policy_version_number(policy.id) + 1,
            conditions=draft.conditions.to_json(),
            calendar_version_id=calendar.id if calendar else None,
            first_response_seconds=_seconds(draft.first_response),
            next_response_seconds=_seconds(draft.next_response),
            resolution_seconds=_seconds(draft.resolution),
            pause_while_pending=draft.pause_while_pending,
            pause_while_snoozed=draft.pause_while_snoozed,
            warn_fractions=sorted(set(draft.warn_fractions)),
            actions=to_actions(draft.at_warning, draft.at_breach),
            published_at=at,
            published_by_agent_id=by_agent_id,
        )
    )


def order_policies(brand_id: int, policy_ids: Sequence[int]) -> None:
    """Put the brand's rules in this order; those left out are withdrawn and take no more tickets.

    Raises NotFound for a policy that is not the brand's, InvalidInput for one named twice.
    """
    policies = {policy.id: policy for policy in queries.lock_rules(brand_id)}
    if not set(policy_ids) <= policies.keys():
        raise NotFound("There is no such policy.")
    if len(set(policy_ids)) < len(policy_ids):
        raise InvalidInput("A policy has one place in the list.", field="policies")
    for policy in policies.values():
        policy.position = policy_ids.index(policy.id) + 1 if policy.id in policy_ids else None
    db.session.flush()


def refuse_unkeepable(brand_id: int, draft: PolicyDraft, *, at: dt.datetime) -> None:
    """Raises InvalidInput, with the field, or NotFound for a calendar that is not the brand's."""
    for kind, target in draft.targets.items():
        if not dt.timedelta(seconds=1) <= target <= LONGEST_TARGET:
            raise InvalidInput("A target is at least a second and at most ten years.", field=kind)
    if not all(0 < fraction < 1 for fraction in draft.warn_fractions):
        raise InvalidInput("A warning comes after the start and before the target.", field="warn_fractions")
    calendar = _newest_calendar(brand_id, draft.calendar_id)
    if calendar is not None:
        _refuse_out_of_reach(draft.targets, hours_from(calendar.definition), at=at)


def refuse_unkeepable_hours(brand_id: int, calendar_id: int | None, hours: BusinessHours, *, at: dt.datetime) -> None:
    """Raises NeverOpen, or InvalidInput for hours that a policy which counts in them could not be kept in.

    `calendar_id` None: a new calendar, in which nothing counts yet.
    """
    refuse_never_open(hours, since=at)
    for _, version, used in queries.policies_in_force([brand_id], at=at):
        if used is not None and used.calendar_id == calendar_id:
            _refuse_out_of_reach(targets_of(version), hours, at=at)


def _follow_calendar(brand_id: int, calendar: CalendarVersion, *, at: dt.datetime, by_agent_id: int | None) -> None:
    for policy, version, used in queries.policies_in_force([brand_id], at=at):
        if used is not None and used.calendar_id == calendar.calendar_id:
            db.session.add(
                PolicyVersion(
                    policy_id=policy.id,
                    version=version.version + 1,
                    conditions=version.conditions,
                    calendar_version_id=calendar.id,
                    first_response_seconds=version.first_response_seconds,
                    next_response_seconds=version.next_response_seconds,
                    resolution_seconds=version.resolution_seconds,
                    pause_while_pending=version.pause_while_pending,
                    pause_while_snoozed=version.pause_while_snoozed,
                    warn_fractions=version.warn_fractions,
                    actions=version.actions,
                    published_at=at,
                    published_by_agent_id=by_agent_id,
                )
            )
    db.session.flush()


def _newest_calendar(brand_id: int, calendar_id: int | None) -> CalendarVersion | None:
    if calendar_id is None:
        return None
    version = queries.current_calendar_version(brand_id, calendar_id)
    if version is None:
        raise NotFound("There is no such calendar.")
    return version


def _refuse_out_of_reach(targets: Mapping[ClockKind, dt.timedelta], hours: BusinessHours, *, at: dt.datetime) -> None:
    """A target that its hours would take longer than ten years to hold promises nothing."""
    in_ten_years = 10 * between(at, at + YEAR, hours)
    for kind, target in targets.items():
        if target > in_ten_years:
            raise InvalidInput("These hours hold less open time than that in ten years.", field=kind)


def _last_position(brand_id: int) -> int:
    return max((policy.position or 0 for policy in queries.policies_of_brand(brand_id)), default=0)


def _seconds(target: dt.timedelta | None) -> int | None:
    return None if target is None else int(target.total_seconds())


def named(name: str) -> str:
    """As it is kept. Raises InvalidInput."""
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("Give it a name.", field="name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A name has at most {LONGEST_NAME} characters, all of them to be seen.", field="name")
    return name


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row
