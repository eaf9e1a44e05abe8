"""X on loopback, for the jobs that call it."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from helpdesk.simulator.x import XSimulator
from tests.support.cast import Cast


@pytest.fixture
def x(app: Flask, cast: Cast) -> Iterator[XSimulator]:
    """X, as the app under test reaches it; customers of Dana's id exist there."""
    usual = app.config["SETTINGS"]
    with XSimulator(consumer_secret="test-consumer-secret", access_token="brand-token", brand_id="7001") as simulator:
        simulator.echo = "none"
        app.config["SETTINGS"] = dataclasses.replace(usual, x_api_url=simulator.url, allow_private_addresses=True)
        yield simulator
    app.config["SETTINGS"] = usual
