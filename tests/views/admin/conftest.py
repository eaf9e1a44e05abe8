"""Settings with the cast: who is signed in."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from helpdesk.people.models import Agent
from tests.support.cast import PASSWORD

SignIn = Callable[[Agent], FlaskClient]


@pytest.fixture
def sign_in(client: FlaskClient) -> SignIn:
    """Makes the client this agent's browser."""

    def enter(agent: Agent) -> FlaskClient:
        client.post("/sign-out")
        answer = client.post("/sign-in/staff", data={"name": agent.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return enter
