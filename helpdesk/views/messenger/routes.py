"""All routes of the messenger."""

from helpdesk.views.messenger import conversations, files, people
from helpdesk.views.messenger.blueprint import blueprint

__all__ = ["blueprint", "conversations", "files", "people"]
