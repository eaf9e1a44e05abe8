"""What a brand promises its customers: an ordered list of rules, in versions; the first that matches wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.orm import db
from helpdesk.people import staff_queries
from helpdesk.people.models import Brand
from helpdesk.sla import publishing, queries, words
from helpdesk.sla.models import ClockKind, Policy
from helpdesk.sla.policies import Conditions, Rule, book_of
from helpdesk.sla.publishing import PolicyDraft
from helpdesk.sla.retargeting import book_with_policy, preview_policy, preview_rules
from helpdesk.tickets import repromising
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import numbers, typed, words_beside
from helpdesk.views.admin.frame import page
from helpdesk.views.admin.promise_form import (
    Choices,
    PromiseForm,
    choices_of,
    draft_of,
    read_draft,
    typed_form,
    written,
)
from helpdesk.views.admin.publishing import (
    LookedAt,
    apply_now,
    fingerprint_of,
    is_to_publish,
    looked_at,
    new_name,
    say_published,
)
from helpdesk.views.admin.trying import PERIODS, Tried, chosen_period, is_to_try, tried


@blueprint.get("/promises")
@open_to(Audience.MANAGERS)
def list_promises() -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    at = clock.now()
    book = book_of([brand.id for brand in brands], at=at)
    asked = request.args.get("look", 0, type=int)
    return page(
        "promises.html",
        "promises",
        of_brand=[(brand, _lines(brand, book.rules.get(brand.id, ()))) for brand in brands],
        effects={
            brand.id: preview_rules(brand.id, repromising.open_tickets(brand.id), at=at)
            for brand in brands
            if brand.id == asked
        },
    )


@blueprint.get("/promises/new")
@open_to(Audience.MANAGERS)
def new_promise() -> ResponseReturnValue:
    brand = staff_queries.find_brand(request.args.get("brand", 0, type=int), current_standing())
    return _page(brand, None, written(PolicyDraft()), {})


@blueprint.post("/promises")
@open_to(Audience.MANAGERS)
def create_promise() -> ResponseReturnValue:
    return _take(staff_queries.find_brand(next(iter(numbers("brand")), 0), current_standing()), None)


@blueprint.get("/promises/<int:policy_id>")
@open_to(Audience.MANAGERS)
def show_promise(policy_id: int) -> ResponseReturnValue:
    brand, policy = _found(policy_id)
    return _page(brand, policy, written(draft_of(queries.versions_of_policy(policy.id)[0])), {})


@blueprint.post("/promises/<int:policy_id>")
@open_to(Audience.MANAGERS)
def change_promise(policy_id: int) -> ResponseReturnValue:
    return _take(*_found(policy_id))


@blueprint.post("/promises/<int:policy_id>/place")
@open_to(Audience.MANAGERS)
def move_promise(policy_id: int) -> ResponseReturnValue:
    """Up or down in the list, or out of it."""
    brand, policy = _found(policy_id)
    with transaction():
        ids = [known.id for known in queries.lock_rules(brand.id) if known.position is not None]
        publishing.order_policies(brand.id, _moved(ids, policy.id, typed("to")))
    return redirect(url_for("admin.list_promises", look=brand.id, _anchor=f"brand-{brand.id}"))


@blueprint.post("/promises/application")
@open_to(Audience.MANAGERS)
def apply_promises() -> ResponseReturnValue:
    """The rules as they stand, to the tickets that are open."""
    brand = staff_queries.find_brand(next(iter(numbers("brand")), 0), current_standing())
    apply_now(brand.id)
    return redirect(url_for("admin.list_promises"))


def _take(brand: Brand, policy: Policy | None) -> ResponseReturnValue:
    """Show what this promise would do, or publish it."""
    form = typed_form()
    try:
        name = policy.name if policy else new_name({known.name for known in queries.policies_of_brand(brand.id)})
        draft = read_draft(brand)
        publishing.refuse_unkeepable(brand.id, draft, at=clock.now())
        if is_to_try():
            changed = book_with_policy(brand.id, name, draft, at=clock.now())
            return _page(brand, policy, form, {}, tried=tried(brand, changed))
        fingerprint = fingerprint_of({"name": name, "draft": draft})
        if not is_to_publish(fingerprint):
            effect = preview_policy(brand.id, name, draft, repromising.open_tickets(brand.id), at=clock.now())
            return _page(brand, policy, form, {}, look=looked_at(fingerprint, effect))
        with transaction():
            publishing.publish_policy(brand.id, name, draft, at=clock.now(), by_agent_id=current_agent().id)
    except InvalidInput as error:
        return _page(brand, policy, form, words_beside(error, otherwise="first_response"), 422)
    say_published(brand.id, name)
    return redirect(url_for("admin.list_promises"))


def _found(policy_id: int) -> tuple[Brand, Policy]:
    """Raises NotFound for a promise of a brand that this person does not work for."""
    policy = db.session.get(Policy, policy_id) if policy_id < 2**63 else None
    if policy is None:
        raise NotFound("no such promise")
    return staff_queries.find_brand(policy.brand_id, current_standing()), policy


def _moved(ids: list[int], policy_id: int, to: str) -> list[int]:
    """The list in its new order; a move that cannot be changes nothing, and a withdrawn one comes back at the end."""
    rest = [known for known in ids if known != policy_id]
    if to == "out":
        return rest
    if policy_id not in ids:
        return [*rest, policy_id]
    place = max(0, ids.index(policy_id) + {"up": -1, "down": 1}.get(to, 0))
    return [*rest[:place], policy_id, *rest[place:]]


def _page(
    brand: Brand,
    policy: Policy | None,
    form: PromiseForm,
    errors: Mapping[str, str],
    status: int = 200,
    *,
    look: LookedAt | None = None,
    tried: Tried | None = None,
) -> ResponseReturnValue:
    versions = queries.versions_of_policy(policy.id) if policy else []
    return page(
        "promise.html",
        "promises",
        status,
        brand=brand,
        policy=policy,
        given=form.said,
        ticked=form.ticked,
        errors=errors,
        choices=choices_of(brand),
        calendars=[("", "All hours"), *((c.id, c.name) for c in queries.calendars_of_brand(brand.id))],
        versions=versions,
        authors=staff_queries.names_of([v.published_by_agent_id for v in versions if v.published_by_agent_id]),
        look=look,
        tried=tried,
        try_days=chosen_period(),
        try_periods=PERIODS,
    )


# The list


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One rule of the list in words."""

    id: int
    name: str
    takes: str
    first_response: str
    next_response: str
    resolution: str
    counts_in: str
    is_withdrawn: bool = False


def _lines(brand: Brand, rules: Sequence[Rule]) -> list[_Line]:
    choices = choices_of(brand)
    calendars = {calendar.id: calendar.name for calendar in queries.calendars_of_brand(brand.id)}
    in_force = [_line(rule, choices, calendars) for rule in rules]
    listed = {line.id for line in in_force}
    return in_force + [
        _Line(
            id=policy.id,
            name=policy.name,
            takes="",
            first_response="",
            next_response="",
            resolution="",
            counts_in="",
            is_withdrawn=True,
        )
        for policy in queries.policies_of_brand(brand.id)
        if policy.id not in listed
    ]


def _line(rule: Rule, choices: Choices, calendars: Mapping[int, str]) -> _Line:
    first, following, resolution = (words.write_target(rule.promise.targets.get(kind)) or "–" for kind in ClockKind)
    return _Line(
        id=rule.policy_id,
        name=rule.name,
        takes=_takes(rule.conditions, choices),
        first_response=first,
        next_response=following,
        resolution=resolution,
        counts_in=calendars.get(rule.calendar_id or 0, "All hours"),
    )


def _takes(conditions: Conditions, choices: Choices) -> str:
    """Such as "Urgent or High, over X"; one that is no longer there is named by its number."""
    said = conditions.to_json()
    parts = []
    for name, before in (("priorities", ""), ("networks", "over "), ("account_ids", "to "), ("team_ids", "team ")):
        known = dict(choices[name])
        if said[name]:
            parts.append(before + " or ".join(known.get(str(value), str(value)) for value in said[name]))
    if said["tags"]:
        parts.append("tagged " + " or ".join(said["tags"]))
    return ", ".join(parts) or "Every ticket"
