"""The dashboards with their cast: who is signed in, and a little work to count."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from helpdesk import clock
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.tickets import assignment, queries
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support import cast as casting
from tests.support.cast import PASSWORD, Cast, a_ticket, reply, standing

MINUTE = timedelta(minutes=1)

SignIn = Callable[[Agent], FlaskClient]


@pytest.fixture
def just_now() -> datetime:
    """Views read the real clock, so what they show must have happened."""
    return clock.now().astimezone(UTC).replace(microsecond=0) - timedelta(minutes=60)


@pytest.fixture
def cast(client: FlaskClient, just_now: datetime) -> Cast:
    return casting.assemble(at=just_now - timedelta(days=2))


@pytest.fixture
def sign_in(client: FlaskClient) -> SignIn:
    """Makes the client this agent's browser."""

    def enter(agent: Agent) -> FlaskClient:
        answer = client.post("/sign-in/staff", data={"name": agent.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return enter


@pytest.fixture
def answered(cast: Cast, just_now: datetime) -> dict[str, Ticket]:
    """Amal answered Dana in Support and holds her ticket, Bruno answered Ines in Returns; Omar still waits."""
    dana = a_ticket(cast, at=just_now, customer="1", text="Dana asks")
    ines = a_ticket(cast, at=just_now, customer="2", text="Ines asks")
    with transaction():
        locked = queries.lock_ticket(ines.id, standing(cast.chidi), Act.MOVE)
        assignment.hand_to_team(locked, cast.returns, by=cast.chidi, at=just_now)
    reply(dana, "Let me look", by=cast.amal, at=just_now + 10 * MINUTE)
    reply(ines, "Let me look", by=cast.bruno, at=just_now + 20 * MINUTE)
    with transaction():
        locked = queries.lock_ticket(dana.id, standing(cast.amal), Act.ASSIGN)
        assignment.take(locked, by=cast.amal, at=just_now + 10 * MINUTE)
    return {"dana": dana, "ines": ines, "omar": a_ticket(cast, at=just_now, customer="3", text="Omar asks")}
