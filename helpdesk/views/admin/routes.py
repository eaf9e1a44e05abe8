"""Settings and people: importing the files that hold them adds their routes."""

from helpdesk.views.admin import brands, canned_replies, channels, people, set_aside, teams  # noqa: F401
from helpdesk.views.admin.blueprint import blueprint

__all__ = ["blueprint"]
