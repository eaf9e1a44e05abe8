"""The API for programs: importing the files that hold its routes adds them."""

from helpdesk.views.api import reports, tickets  # noqa: F401
from helpdesk.views.api.blueprint import blueprint

__all__ = ["blueprint"]
