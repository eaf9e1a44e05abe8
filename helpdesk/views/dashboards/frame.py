"""What every page of the dashboards has around it: the rail, the reports' navigation, the filters."""

from typing import Any

from flask import url_for

from helpdesk.people.models import Role
from helpdesk.views import staff_frame
from helpdesk.views.access import current_agent
from helpdesk.views.dashboards.filters import Filters

WHOSE = {
    Role.AGENT: "Your own numbers",
    Role.LEAD: "Your teams",
    Role.MANAGER: "Your brands",
    Role.ADMIN: "All brands",
}


def around(filters: Filters, *, current: str) -> dict[str, Any]:
    reports = [
        {"name": "live", "label": "Live board", "icon": "activity", "url": url_for("dashboards.live_board")},
        {"name": "times", "label": "Response times", "icon": "timer", "url": url_for("dashboards.response_times")},
        {"name": "workload", "label": "Workload", "icon": "inbox", "url": url_for("dashboards.show_workload")},
    ]
    if current_agent().role != Role.AGENT:
        reports += [
            {"name": "staffing", "label": "Staffing", "icon": "users", "url": url_for("dashboards.show_staffing")},
            {"name": "kept", "label": "Kept reports", "icon": "bookmark", "url": url_for("dashboards.list_kept")},
        ]
    kept = filters.query(measure=None, time=None, sort=None)
    # A kept report is of all priorities and tags.
    of_all = filters.query(measure=None, time=None, sort=None, priority=None, tag=None)
    return staff_frame.around("reports") | {
        "reports": [
            one
            | {"url": one["url"] + (of_all if one["name"] == "kept" else kept), "is_current": one["name"] == current}
            for one in reports
        ],
        "is_live": current == "live",
        "whose": WHOSE[Role(current_agent().role)],
        "filters": filters,
    }
