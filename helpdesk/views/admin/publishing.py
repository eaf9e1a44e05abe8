"""The two steps of a form that publishes: look at what it would do, then do just that.

What was looked at is told by a fingerprint in the form; when the fields have changed since, it is looked at again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from flask import flash, request

from helpdesk import clock
from helpdesk.errors import InvalidInput
from helpdesk.sla.publishing import named
from helpdesk.sla.retargeting import Preview
from helpdesk.tickets import repromising
from helpdesk.views.admin.forms import is_ticked, typed


@dataclass(frozen=True, kw_only=True)
class LookedAt:
    """What the page shows under the form once it was filled in well."""

    fingerprint: str
    effect: Preview
    is_another: bool
    """It was to be published, but is not what was looked at before."""


def fingerprint_of(fields: Mapping[str, object]) -> str:
    return sha256(repr(sorted(fields.items())).encode()).hexdigest()


def is_to_publish(fingerprint: str) -> bool:
    """Whether this, and nothing else, was looked at and is to be published."""
    return request.form.get("step") == "publish" and typed("looked_at") == fingerprint


def looked_at(fingerprint: str, effect: Preview) -> LookedAt:
    return LookedAt(fingerprint=fingerprint, effect=effect, is_another=request.form.get("step") == "publish")


def new_name(taken: Collection[str]) -> str:
    """The name typed for something new. Raises InvalidInput: it does not quietly become a version of another."""
    name = named(typed("name"))
    if name in taken:
        raise InvalidInput(f"{name} is there already.", field="name")
    return name


def say_published(brand_id: int, name: str) -> None:
    """Say so, and apply it to the open tickets where that was ticked."""
    flash(f"{name} is published.")
    if is_ticked("apply"):
        apply_now(brand_id)


def apply_now(brand_id: int) -> None:
    """Give the brand's open tickets what its rules promise, and say how many that changed."""
    changed = repromising.apply_to_open_tickets(brand_id, at=clock.now())
    flash(f"{changed} open ticket{' has' if changed == 1 else 's have'} new promises.")
