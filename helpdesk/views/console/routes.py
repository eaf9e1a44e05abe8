"""The agent console: queues, tickets, and what agents do in them."""

from helpdesk.views.console import (  # noqa: F401  (importing them adds their routes)
    alerts,
    canned,
    composing,
    deliveries,
    files,
    moves,
    presence,
    promise_history,
    queues,
    tickets,
    undelivered,
)
from helpdesk.views.console.blueprint import blueprint

__all__ = ["blueprint"]
