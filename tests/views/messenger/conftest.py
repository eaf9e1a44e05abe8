"""Dana and Kat, members, and their browsers; Larkpost with its staff stands by."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from helpdesk.people.models import Member
from tests.support.cast import Cast
from tests.support.members import a_member, signed_in


@pytest.fixture
def dana(cast: Cast) -> Member:
    return a_member("dana", "Dana Okafor")


@pytest.fixture
def kat(cast: Cast) -> Member:
    return a_member("kat", "Kat Wren")


@pytest.fixture
def eve(cast: Cast) -> Member:
    """A third member, who has no part in what the others say."""
    return a_member("eve_l", "Eve Larsen")


@pytest.fixture
def danas(app: Flask, dana: Member) -> FlaskClient:
    return signed_in(app, dana)


@pytest.fixture
def kats(app: Flask, kat: Member) -> FlaskClient:
    return signed_in(app, kat)


@pytest.fixture
def eves(app: Flask, eve: Member) -> FlaskClient:
    return signed_in(app, eve)
