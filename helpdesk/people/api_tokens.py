"""Personal tokens: by one a program acts as an agent, with the agent's rights of that instant."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from helpdesk.errors import InvalidInput, NotFound
from helpdesk.orm import db
from helpdesk.people import staff_queries
from helpdesk.people.models import Agent, ApiToken

_PREFIX = "hd_"
"""By which people, and scanners of published code, know what they found."""

_LONGEST_NAME = 80
_SEEN_EVERY = timedelta(minutes=1)


def make_token(agent: Agent, *, name: str, at: datetime) -> tuple[ApiToken, str]:
    """The token's row and its secret, which is not kept. Raises InvalidInput."""
    words = " ".join(name.split())
    if not (1 <= len(words) <= _LONGEST_NAME and words.isprintable()):
        raise InvalidInput(f"A token's name has 1 to {_LONGEST_NAME} characters.", field="name")
    if not agent.is_active:
        raise InvalidInput(f"{agent.name} is deactivated.", field="email")
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(agent_id=agent.id, name=words, token_hash=_hash(secret), created_at=at)
    db.session.add(token)
    db.session.flush()
    return token, secret


def agent_with(secret: str, *, at: datetime) -> Agent | None:
    """Whose token it is; None when it is unknown or revoked, or they have left.

    Looked up by its hash, so how long it takes tells nothing of the secret.
    """
    token = staff_queries.api_token_with(_hash(secret))
    if token is None or token.revoked_at is not None:
        return None
    agent = db.session.get_one(Agent, token.agent_id)
    if not agent.is_active:
        return None
    # Good to the minute: a busy program is not made to write a row with every call.
    if token.last_used_at is None or token.last_used_at <= at - _SEEN_EVERY:
        token.last_used_at = at
    return agent


def revoke_token(token_id: int, *, at: datetime) -> ApiToken:
    """It works no more. Raises NotFound."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound(f"no token {token_id}")
    token.revoked_at = token.revoked_at or at
    return token


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
