"""The form of one promise: what it offers, how it is read, and how a published version is written into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request

from helpdesk.errors import InvalidInput
from helpdesk.messaging import queries as messaging_queries
from helpdesk.people.models import Brand
from helpdesk.people.queries import agents_of_teams, teams_of_brands
from helpdesk.sla import queries, words
from helpdesk.sla.escalations import Escalation, from_actions
from helpdesk.sla.models import ClockKind, PolicyVersion
from helpdesk.sla.policies import Conditions, targets_of
from helpdesk.sla.publishing import PolicyDraft
from helpdesk.tickets.models import PRIORITY_OF_WORD
from helpdesk.tickets.tagging import clean_tag
from helpdesk.views.admin.channels import NETWORK_NAMES
from helpdesk.views.admin.forms import given, is_ticked, numbers, typed

_TARGETS = ("first_response", "next_response", "resolution")
_MOMENTS = ("at_warning", "at_breach")
_DONE = ("priority", "team", "agent", "tag", "alert_to", "mail_to")
_ACTIONS = tuple(f"{moment}_{what}" for moment in _MOMENTS for what in _DONE)
_FIELDS = ("name", "calendar", "tags", "warn_fractions", *_TARGETS, *_ACTIONS)
_TICKS = ("pause_while_pending", "pause_while_snoozed")


Choices = Mapping[str, Sequence[tuple[str, str]]]
"""name of the boxes → (value, words) of each"""


@dataclass(frozen=True, kw_only=True)
class PromiseForm:
    """The promise's form as it is shown: what was typed, and what is ticked."""

    said: Mapping[str, str]
    ticked: frozenset[str]
    """Names of ticked boxes, and "priorities high" for one of several of a name."""


def typed_form() -> PromiseForm:
    """As it came, to be shown again."""
    return PromiseForm(said=given(*_FIELDS), ticked=_ticked())


def read_draft(brand: Brand) -> PolicyDraft:
    """Raises InvalidInput with the field. What is ticked and not the brand's is passed over."""
    choices = choices_of(brand)
    calendar_id = next(iter(numbers("calendar")), None)
    if calendar_id is not None and queries.current_calendar_version(brand.id, calendar_id) is None:
        raise InvalidInput("There are no such hours any more.", field="calendar")
    first, following, resolution = (words.read_target(typed(field), field=field) for field in _TARGETS)
    return PolicyDraft(
        conditions=Conditions(
            priorities=_chosen("priorities", choices),
            networks=_chosen("networks", choices),
            account_ids=tuple(int(chosen) for chosen in _chosen("account_ids", choices)),
            team_ids=tuple(int(chosen) for chosen in _chosen("team_ids", choices)),
            tags=words.read_list(typed("tags").lower()),
        ),
        calendar_id=calendar_id,
        first_response=first,
        next_response=following,
        resolution=resolution,
        pause_while_pending=is_ticked("pause_while_pending"),
        pause_while_snoozed=is_ticked("pause_while_snoozed"),
        warn_fractions=words.read_fractions(typed("warn_fractions"), field="warn_fractions"),
        at_warning=_escalation("at_warning", choices),
        at_breach=_escalation("at_breach", choices),
    )


def _escalation(moment: str, choices: Choices) -> Escalation:
    """Raises InvalidInput for a tag without a letter. What is chosen and not the brand's is passed over."""
    tag = typed(f"{moment}_tag").strip()
    team, agent = (_one_of(f"{moment}_{name}", choices[f"{name}_ids"]) for name in ("team", "agent"))
    try:
        tag = clean_tag(tag) if tag else ""
    except InvalidInput as error:
        raise InvalidInput(str(error), field=f"{moment}_tag") from None
    return Escalation(
        priority=_one_of(f"{moment}_priority", choices["priorities"]),
        team_id=int(team) if team else None,
        agent_id=int(agent) if agent else None,
        tag=tag,
        alert_to=_one_of(f"{moment}_alert_to", choices["told"]),
        mail_to=_one_of(f"{moment}_mail_to", choices["told"]),
    )


def _one_of(name: str, offered: Sequence[tuple[str, str]]) -> str:
    return typed(name) if typed(name) in dict(offered) else ""


def choices_of(brand: Brand) -> Choices:
    accounts = [account for account in messaging_queries.channel_accounts() if account.brand_id == brand.id]
    networks = dict.fromkeys(account.network for account in accounts)
    teams = teams_of_brands([brand.id])
    return {
        "priorities": [(word, word.capitalize()) for word in PRIORITY_OF_WORD],
        "networks": [(network, NETWORK_NAMES.get(network, network)) for network in networks],
        "account_ids": [(str(a.id), f"@{a.handle} on {NETWORK_NAMES.get(a.network, a.network)}") for a in accounts],
        "team_ids": [(str(team.id), team.name) for team in teams],
        "told": [("assignee", "who has it"), ("leads", "the team's leads")],
        "agent_ids": [(str(agent.id), agent.name) for agent in agents_of_teams([team.id for team in teams])],
    }


def _chosen(name: str, choices: Choices) -> tuple[str, ...]:
    ticked = set(request.form.getlist(name))
    return tuple(value for value, _ in choices[name] if value in ticked)


def _ticked() -> frozenset[str]:
    several = ("priorities", "networks", "account_ids", "team_ids")
    return frozenset(name for name in _TICKS if is_ticked(name)) | {
        f"{name} {value}" for name in several for value in request.form.getlist(name)
    }


def draft_of(version: PolicyVersion) -> PolicyDraft:
    targets = targets_of(version)
    calendar_id = queries.calendar_of_version(version.calendar_version_id)
    at_warning, at_breach = from_actions(version.actions)
    return PolicyDraft(
        conditions=Conditions.from_json(version.conditions),
        calendar_id=calendar_id,
        **{kind.value: targets.get(kind) for kind in ClockKind},
        pause_while_pending=version.pause_while_pending,
        pause_while_snoozed=version.pause_while_snoozed,
        warn_fractions=tuple(version.warn_fractions),
        at_warning=at_warning,
        at_breach=at_breach,
    )


def written(draft: PolicyDraft) -> PromiseForm:
    said = {
        "name": "",
        "calendar": str(draft.calendar_id or ""),
        "tags": ", ".join(draft.conditions.tags),
        "warn_fractions": words.write_fractions(draft.warn_fractions),
    } | {field: words.write_target(getattr(draft, field)) for field in _TARGETS}
    for moment in _MOMENTS:
        escalation: Escalation = getattr(draft, moment)
        said |= {
            f"{moment}_priority": escalation.priority,
            f"{moment}_team": str(escalation.team_id or ""),
            f"{moment}_agent": str(escalation.agent_id or ""),
            f"{moment}_tag": escalation.tag,
            f"{moment}_alert_to": escalation.alert_to,
            f"{moment}_mail_to": escalation.mail_to,
        }
    several = {name: draft.conditions.to_json()[name] for name in ("priorities", "networks", "account_ids", "team_ids")}
    return PromiseForm(
        said=said,
        ticked=frozenset(name for name in _TICKS if getattr(draft, name))
        | {f"{name} {value}" for name, values in several.items() for value in values},
    )
