"""What every page of the dashboards has around it: the rail, the reports' navigation, the filters."""

from typing import Any

from flask import current_app, url_for

from helpdesk.people.models import Role
from helpdesk.views.access import current_agent
from helpdesk.views.dashboards.filters import Filters

WHOSE = {
    Role.AGENT: "Your own numbers",
    Role.LEAD: "Your teams",
    Role.MANAGER: "Your brands",
    Role.ADMIN: "All brands",
}


def around(filters: Filters, *, current: str) -> dict[str, Any]:
    agent, settings = current_agent(), current_app.config["SETTINGS"]
    # Sample faces belong to invented people only; everybody else has their initials.
    faces = "drawn" if settings.demo else ""
    reports = [
        {"name": "live", "label": "Live board", "icon": "activity", "url": url_for("dashboards.live_board")},
        {"name": "times", "label": "Response times", "icon": "timer", "url": url_for("dashboards.response_times")},
    ]
    kept = filters.query(measure=None, time=None, sort=None)
    return {
        "navigation": [
            {"name": "tickets", "label": "Tickets", "icon": "inbox", "url": url_for("console.index"), "key": "g i"},
            {
                "name": "reports",
                "label": "Reports",
                "icon": "chart-column",
                "url": url_for("dashboards.live_board"),
                "key": "g t",
            },
        ],
        "section": "reports",
        "reports": [one | {"url": one["url"] + kept, "is_current": one["name"] == current} for one in reports],
        "faces": faces,
        "me": {"name": agent.name, "picture": faces, "presence": "here", "url": url_for("console.index")},
        "zone": agent.time_zone,
        "whose": WHOSE[Role(agent.role)],
        "filters": filters,
    }
