"""What every page of the staff has around it: the rail to the worlds this person may enter, and who they are."""

from typing import Any

from flask import current_app, url_for

from helpdesk.people.models import Role
from helpdesk.tickets import alert_queries
from helpdesk.views.access import current_agent, current_standing
from helpdesk.views.rendering import wants_fragment

ALERTS = "alerts"


def around(section: str) -> dict[str, Any]:
    """The rail and who is signed in.

    `section` ("tickets", "reports", "alerts", "settings" or "account") is where they are.
    """
    agent, settings = current_agent(), current_app.config["SETTINGS"]
    # Sample faces belong to invented people only; everybody else has their initials.
    faces = "drawn" if settings.demo else ""
    worlds = [
        _world("tickets", "Tickets", "inbox", url_for("console.index"), "g i"),
        _world("reports", "Reports", "chart-column", url_for("dashboards.live_board"), "g t"),
    ]
    beneath = [_world("settings", "Settings", "settings", url_for("admin.index"), "g s")]
    beneath = beneath if agent.role != Role.AGENT else []
    # A part of a page draws no rail.
    alerts = [] if wants_fragment() else [alerts_link(is_here=section == ALERTS)]
    me = _world("account", "Me", "circle-user", url_for("sessions.show_account"), "")
    return {
        "navigation": worlds,
        "navigation_end": [*alerts, *_health_of(agent.role), *beneath],
        "tab_items": [*worlds, *alerts, *beneath, me],
        "section": section,
        "faces": faces,
        "me": {"name": agent.name, "picture": faces, "presence": "here", "url": url_for("sessions.show_account")},
        "zone": agent.time_zone,
    }


def alerts_link(*, is_here: bool) -> dict[str, Any]:
    """The way to one's alerts, with how many are new; it asks again by itself when there may be others.

    `is_here`: the page that it stands on is theirs.
    """
    unseen = alert_queries.unseen(current_standing())
    return {
        **_world(ALERTS, "Alerts", "bell", url_for("console.show_alerts"), "g a"),
        "count": "99+" if unseen.n >= alert_queries.SHOWN else unseen.n or "",
        "again": url_for("console.show_alerts_link", after=unseen.newest_id, here=1 if is_here else None),
        "newest": unseen,
    }


def _health_of(role: str) -> list[dict[str, str]]:
    """The operator's page; on a phone it is reached through the settings."""
    return [_world("health", "Health", "activity", url_for("admin.show_health"), "g h")] if role == Role.ADMIN else []


def _world(name: str, label: str, icon: str, url: str, key: str) -> dict[str, str]:
    return {"name": name, "label": label, "icon": icon, "url": url, "key": key}
