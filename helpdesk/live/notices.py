"""Notices: "this changed" to open pages.

A notice names subjects, never content; the page then asks for what it may see.
It carries who may hear it, as the committed rows say; the hub checks that against the listener when it dispatches,
so a ticket that moved to another team goes silent for the old one at once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from redis.exceptions import RedisError

from helpdesk.extensions import redis_connection
from helpdesk.transaction import after_commit_together

logger = logging.getLogger(__name__)


PEOPLE_CHANGED = ("people",)
"""Subjects of the notice that somebody's rights changed: their open streams end and come back with the new ones."""


def redis_channel() -> str:
    """Publish and subscribe cross the databases of one server, so the number is in the name."""
    return f"live:{redis_connection.client.connection_pool.connection_kwargs.get('db') or 0}"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Subjects that changed, and who may hear of them."""

    subjects: tuple[str, ...]
    """Such as `ticket-12`, `conversation-5`, `queues`."""
    brand_id: int | None = None
    team_id: int | None = None
    """The team that the ticket is with now; None: everybody on the brand's staff may hear it."""
    identity_ids: tuple[int, ...] = ()
    """Members' identities that may hear it."""
    agent_ids: tuple[int, ...] = ()
    """Only these agents, whatever their team."""


def people_changed(*agent_ids: int) -> None:
    """Rights of these agents (or, with none named, of anybody) are not what they were."""
    notify_after_commit(Notice(subjects=PEOPLE_CHANGED, agent_ids=agent_ids))


def notify_after_commit(notice: Notice) -> None:
    """Publish once this transaction has committed; equal notices are one, and all go out in one piece."""
    after_commit_together(publish_all, notice)


def publish(notice: Notice) -> None:
    publish_all([notice])


def publish_all(notices: Sequence[Notice]) -> None:
    channel = redis_channel()
    try:
        with redis_connection.client.pipeline(transaction=False) as pipeline:
            for notice in notices:
                pipeline.publish(channel, msgspec.json.encode(notice))
            pipeline.execute()
    except RedisError:
        # The next hello makes every open page ask with its version.
        logger.warning("notices not published", extra={"subjects": [n.subjects for n in notices[:20]]})
