"""Passwords, and who may come in with one."""

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from helpdesk.errors import InvalidInput
from helpdesk.offloading import off_the_hub
from helpdesk.people import queries
from helpdesk.people.models import Agent, Member

# About 50 ms on a small machine (OWASP's second choice: 19 MiB, two passes).
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SHORTEST, LONGEST = 10, 200

# Checked against when nobody has the name, so that the answer takes as long and tells nothing.
_NOBODY = hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Raises InvalidInput for one that is too short or too long."""
    if len(password) < SHORTEST:
        raise InvalidInput(f"Choose at least {SHORTEST} characters.", field="password")
    if len(password) > LONGEST:
        raise InvalidInput(f"Choose at most {LONGEST} characters.", field="password")
    return off_the_hub(hasher.hash, password)


def agent_with(email: str, password: str) -> Agent | None:
    """The active agent with this e-mail and password, or None."""
    agent = queries.agent_by_email(email)
    return agent if _matches(agent, password) else None


def member_with(username: str, password: str) -> Member | None:
    """The active member with this username and password, or None."""
    member = queries.member_by_username(username.removeprefix("@"))
    return member if _matches(member, password) else None


def _matches(person: Agent | Member | None, password: str) -> bool:
    known = person.password_hash if person is not None and person.password_hash else _NOBODY
    if not off_the_hub(_is_password_of, known, password[:LONGEST]):
        return False
    return person is not None and person.is_active and person.password_hash is not None


def _is_password_of(password_hash: str, password: str) -> bool:
    # Caught here: an error that leaves a thread of the pool is written to the log.
    try:
        return hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
