"""What every page of settings has around it: the rail, the side navigation of what this person may change."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from helpdesk.people.models import Role
from helpdesk.views import staff_frame
from helpdesk.views.access import current_agent, current_standing

_MANAGERS = (Role.MANAGER, Role.ADMIN)
_LEADS = (Role.LEAD, *_MANAGERS)

_PAGES = (
    ("people", "People", "users", "admin.list_people", _MANAGERS),
    ("teams", "Teams", "user", "admin.list_teams", _MANAGERS),
    ("promises", "Promises", "timer", "admin.list_promises", _MANAGERS),
    ("opening-hours", "Opening hours", "calendar-clock", "admin.list_opening_hours", _MANAGERS),
    ("canned-replies", "Canned replies", "zap", "admin.list_canned_replies", _LEADS),
    ("imports", "Import history", "archive", "admin.list_imports", _MANAGERS),
    ("brands", "Brands", "building-2", "admin.list_brands", (Role.ADMIN,)),
    ("health", "Health", "activity", "admin.show_health", (Role.ADMIN,)),
    ("channels", "Channels", "plug", "admin.list_channels", (Role.ADMIN,)),
    ("set-aside", "Set aside", "package-open", "admin.list_set_aside", (Role.ADMIN,)),
)


def first_page() -> str:
    """Where this person's settings begin."""
    return next(url_for(endpoint) for _, _, _, endpoint, roles in _PAGES if current_agent().role in roles)


def page(template: str, current: str, status: int = 200, /, **context: Any) -> ResponseReturnValue:
    """A whole page of settings; `current` names its line in the side navigation."""
    return render_template(f"admin/{template}", **around(current), **context), status


def around(current: str) -> dict[str, Any]:
    """What a page of settings has around it, for views that also answer a part of it."""
    role = current_agent().role
    return staff_frame.around("health" if current == "health" else "settings") | {
        "side_label": "Settings",
        "pages": [
            {"label": label, "icon": icon, "url": url_for(endpoint), "current": name == current}
            for name, label, icon, endpoint, roles in _PAGES
            if role in roles
        ],
        "is_admin": current_standing().is_admin,
    }
