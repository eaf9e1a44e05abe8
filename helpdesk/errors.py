"""Errors by meaning. An edge turns each into what its caller understands; nothing else catches them."""


class HelpdeskError(Exception):
    """Base of all that we raise on purpose; its text may be shown to the person."""


class NotFound(HelpdeskError):
    """It does not exist, or this person may not see it: to them that is the same."""


class Refused(HelpdeskError):
    """The person sees it but may not do this to it."""


class InvalidInput(HelpdeskError):
    """What was given cannot be taken. `field` names the form field the words belong beside."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InvalidTransition(HelpdeskError):
    """The table of moves has no such move."""


class Conflict(HelpdeskError):
    """Somebody else was first; what they did is now the state to look at."""
