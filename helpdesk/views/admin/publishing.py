"""The two steps of a form that publishes: look at what it would do, then do just that.

What was looked at is told by a fingerprint in the form; when the fields have changed since, it is looked at again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from flask import request

from helpdesk.sla.retargeting import Preview
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


def is_to_apply() -> bool:
    return is_ticked("apply")


def applied_words(changed: int) -> str:
    """What became of the open tickets."""
    return f"{changed} open ticket{' has' if changed == 1 else 's have'} new promises."
