"""Which promises apply to a ticket: an explicit ordered list of rules, and the first that matches."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from helpdesk.orm import Json
from helpdesk.sla import queries
from helpdesk.sla.calendar import BusinessHours, from_definition
from helpdesk.sla.escalations import NOTHING, Escalation, from_actions
from helpdesk.sla.models import ClockKind, PauseReason, PolicyVersion


@dataclass(frozen=True, kw_only=True)
class TicketFacts:
    """What a rule may ask of a ticket. `priority` is the word ("high"), `tags` are names."""

    brand_id: int
    priority: str
    network: str
    account_id: int
    team_id: int
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Which tickets a rule takes; an empty field takes any, one of several values is enough."""

    priorities: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    account_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()

    def reason(self, facts: TicketFacts) -> str | None:
        """Why these conditions take the ticket, in words; None when they do not."""
        tags = sorted(facts.tags.intersection(self.tags))
        answers = [
            (self.priorities, facts.priority in self.priorities, f"priority is {facts.priority}"),
            (self.networks, facts.network in self.networks, f"it came over {facts.network}"),
            (self.account_ids, facts.account_id in self.account_ids, "its channel account is one it names"),
            (self.team_ids, facts.team_id in self.team_ids, "its team is one it names"),
            (self.tags, bool(tags), f"it is tagged {', '.join(tags)}"),
        ]
        asked = [(is_met, words) for wanted, is_met, words in answers if wanted]
        if not all(is_met for is_met, _ in asked):
            return None
        return " and ".join(words for _, words in asked) or "it takes every ticket"

    def to_json(self) -> Json:
        return {
            "priorities": list(self.priorities),
            "networks": list(self.networks),
            "account_ids": list(self.account_ids),
            "team_ids": list(self.team_ids),
            "tags": list(self.tags),
        }

    @classmethod
    def from_json(cls, conditions: Mapping[str, Any]) -> "Conditions":
        return cls(**{name: tuple(values) for name, values in conditions.items()})


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What one policy version promises, and how its time counts.

    `policy_version_id` is None where no rule matched. `hours` None: all hours.
    """

    policy_version_id: int | None = None
    calendar_version_id: int | None = None
    hours: BusinessHours | None = None
    targets: Mapping[ClockKind, dt.timedelta] = field(default_factory=dict)
    pauses_while: frozenset[PauseReason] = frozenset()
    warn_fractions: tuple[float, ...] = ()
    at_warning: Escalation = NOTHING
    at_breach: Escalation = NOTHING

    def target_seconds(self, kind: ClockKind) -> int | None:
        """None: of this kind nothing is promised."""
        target = self.targets.get(kind)
        return None if target is None else int(target.total_seconds())


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One policy in force. `calendar_id` is the calendar whose version the promise counts in."""

    policy_id: int
    name: str
    conditions: Conditions
    promise: Promise
    calendar_id: int | None


@dataclass(frozen=True, kw_only=True)
class ChosenPolicy:
    """`matched` says which rule and why, for people to read; `rule` is its name, "" where none matched."""

    promise: Promise
    matched: str
    rule: str = ""


NO_MATCH = ChosenPolicy(promise=Promise(), matched="no rule matched")


@dataclass(frozen=True, kw_only=True)
class PolicyBook:
    """The rules of some brands, first to last, loaded once for a batch of tickets."""

    rules: Mapping[int, tuple[Rule, ...]]
    _chosen: dict[TicketFacts, ChosenPolicy] = field(init=False, default_factory=dict, repr=False, compare=False)
    """Most tickets of a batch are alike to the rules."""

    def choose(self, facts: TicketFacts) -> ChosenPolicy:
        """The first rule of the ticket's brand that takes it; rules are numbered from 1 as people see them."""
        chosen = self._chosen.get(facts)
        if chosen is None:
            chosen = self._chosen[facts] = self._choose(facts)
        return chosen

    def _choose(self, facts: TicketFacts) -> ChosenPolicy:
        for number, rule in enumerate(self.rules.get(facts.brand_id, ()), start=1):
            reason = rule.conditions.reason(facts)
            if reason is not None:
                return ChosenPolicy(
                    promise=rule.promise,
                    matched=f"matched rule {number} ‘{rule.name}’ because {reason}",
                    rule=rule.name,
                )
        return NO_MATCH

    def with_changed(self, brand_id: int, rules: Iterable[Rule]) -> "PolicyBook":
        """The same book with other rules for one brand, as they would be after something not yet published."""
        return replace(self, rules={**self.rules, brand_id: tuple(rules)})


def choose(facts: TicketFacts, *, at: dt.datetime) -> ChosenPolicy:
    """The policy for one ticket; for many tickets load one book with `book_of`."""
    return book_of([facts.brand_id], at=at).choose(facts)


def book_of(brand_ids: Collection[int], *, at: dt.datetime) -> PolicyBook:
    """The rules of these brands as published by `at`; one query."""
    rules: dict[int, list[Rule]] = {}
    for policy, version, calendar in queries.policies_in_force(brand_ids, at=at):
        rules.setdefault(policy.brand_id, []).append(
            Rule(
                policy_id=policy.id,
                name=policy.name,
                conditions=Conditions.from_json(version.conditions),
                promise=_promise(version, calendar.definition if calendar else None),
                calendar_id=calendar.calendar_id if calendar else None,
            )
        )
    return PolicyBook(rules={brand_id: tuple(of_brand) for brand_id, of_brand in rules.items()})


def promises_of(policy_version_ids: Collection[int | None]) -> dict[int | None, Promise]:
    """What these versions promise; under None the promise of nothing, which never pauses."""
    found: dict[int | None, Promise] = {None: Promise()}
    ids = [version_id for version_id in policy_version_ids if version_id is not None]
    if ids:
        for version, calendar in queries.policy_versions(ids):
            found[version.id] = _promise(version, calendar.definition if calendar else None)
    return found


def targets_of(version: PolicyVersion) -> dict[ClockKind, dt.timedelta]:
    """What the version promises; a kind that it does not promise is left out."""
    seconds = {
        ClockKind.FIRST_RESPONSE: version.first_response_seconds,
        ClockKind.NEXT_RESPONSE: version.next_response_seconds,
        ClockKind.RESOLUTION: version.resolution_seconds,
    }
    return {kind: dt.timedelta(seconds=target) for kind, target in seconds.items() if target is not None}


def hours_from(definition: Mapping[str, Any]) -> BusinessHours:
    """The hours of a calendar version; equal definitions share one object and its year tables."""
    return _hours_from(json.dumps(definition, sort_keys=True))


@lru_cache(maxsize=512)
def _hours_from(definition: str) -> BusinessHours:
    return from_definition(json.loads(definition))


def _promise(version: PolicyVersion, definition: Json | None) -> Promise:
    pauses = {PauseReason.PENDING: version.pause_while_pending, PauseReason.SNOOZED: version.pause_while_snoozed}
    at_warning, at_breach = from_actions(version.actions)
    return Promise(
        policy_version_id=version.id,
        calendar_version_id=version.calendar_version_id,
        hours=hours_from(definition) if definition is not None else None,
        targets=targets_of(version),
        pauses_while=frozenset(reason for reason, is_paused in pauses.items() if is_paused),
        warn_fractions=tuple(version.warn_fractions),
        at_warning=at_warning,
        at_breach=at_breach,
    )
