"""Every route says who may use it."""

from flask import Flask

from helpdesk.views.access import audience_of


def test_every_route_declares_its_audience(app: Flask) -> None:
    undeclared = sorted(
        f"{rule.rule} ({rule.endpoint})" for rule in app.url_map.iter_rules() if audience_of(app, rule.endpoint) is None
    )

    assert undeclared == []
