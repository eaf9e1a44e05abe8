"""Settings and people: importing the files that hold them adds their routes."""

from helpdesk.views.admin import (  # noqa: F401
    brands,
    canned_replies,
    channel_work,
    channels,
    health,
    imports,
    opening_hours,
    people,
    promises,
    set_aside,
    teams,
)
from helpdesk.views.admin.blueprint import blueprint

__all__ = ["blueprint"]
