"""What every page of the staff has around it: the rail to the worlds this person may enter, and who they are."""

from typing import Any

from flask import current_app, url_for

from helpdesk.people.models import Role
from helpdesk.views.access import current_agent


def around(section: str) -> dict[str, Any]:
    """The rail, with `section` ("tickets", "reports", "settings" or "account") marked, and who is signed in."""
    agent, settings = current_agent(), current_app.config["SETTINGS"]
    # Sample faces belong to invented people only; everybody else has their initials.
    faces = "drawn" if settings.demo else ""
    worlds = [
        _world("tickets", "Tickets", "inbox", url_for("console.index"), "g i"),
        _world("reports", "Reports", "chart-column", url_for("dashboards.live_board"), "g t"),
    ]
    beneath = [_world("settings", "Settings", "settings", url_for("admin.index"), "g s")]
    beneath = beneath if agent.role != Role.AGENT else []
    me = _world("account", "Me", "circle-user", url_for("sessions.show_account"), "")
    return {
        "navigation": worlds,
        "navigation_end": [*_health_of(agent.role), *beneath],
        "tab_items": [*worlds, *beneath, me],
        "section": section,
        "faces": faces,
        "me": {"name": agent.name, "picture": faces, "presence": "here", "url": url_for("sessions.show_account")},
        "zone": agent.time_zone,
    }


def _health_of(role: str) -> list[dict[str, str]]:
    """The operator's page; on a phone it is reached through the settings."""
    return [_world("health", "Health", "activity", url_for("admin.show_health"), "g h")] if role == Role.ADMIN else []


def _world(name: str, label: str, icon: str, url: str, key: str) -> dict[str, str]:
    return {"name": name, "label": label, "icon": icon, "url": url, "key": key}
