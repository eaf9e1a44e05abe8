"""Every route says who may use it."""

from flask import Flask

from helpdesk.application import NETWORKS
from helpdesk.views.access import Audience, audience_of


def test_every_route_declares_its_audience(app: Flask) -> None:
    undeclared = sorted(
        f"{rule.rule} ({rule.endpoint})" for rule in app.url_map.iter_rules() if audience_of(app, rule.endpoint) is None
    )

    assert undeclared == []


def test_whatever_is_spared_the_checks_of_pages_is_for_networks_alone(app: Flask) -> None:
    spared = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] == NETWORKS}

    assert {audience_of(app, endpoint) for endpoint in spared} == {Audience.NETWORKS}
