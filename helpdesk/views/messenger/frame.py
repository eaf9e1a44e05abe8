"""Who the member is on the network, and what every page of the messenger has around it."""

from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from flask import g, request, url_for

from helpdesk.messaging import native_queries, profiles
from helpdesk.messaging.models import Identity
from helpdesk.orm import db
from helpdesk.transaction import transaction
from helpdesk.views.access import current_member


def my_identity_id() -> int:
    """The id of the member's identity; the first page that a member opens makes it."""
    if "identity_id" not in g:
        g.identity_id = native_queries.identity_of_member(current_member().id) or _join()
    return cast(int, g.identity_id)


def _join() -> int:
    with transaction():
        return profiles.join_network(current_member())


def zone() -> str:
    """The browser's time zone, which a script of ours keeps in a cookie; UTC until it has."""
    given = request.cookies.get("zone", "")
    return given if given in _zones() else "UTC"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def around(section: str) -> dict[str, Any]:
    """The navigation and who is signed in."""
    unread = native_queries.count_unread_conversations(my_identity_id())
    own = url_for("messenger.show_profile", handle=current_member().username)
    items = [
        {"name": "messages", "label": "Messages", "icon": "mail", "url": url_for("messenger.inbox"), "count": unread},
        {"name": "search", "label": "Search", "icon": "search", "url": url_for("messenger.find_people")},
        {"name": "profile", "label": "Profile", "icon": "user", "url": own},
    ]
    identity = db.session.get_one(Identity, my_identity_id())
    return {
        "navigation": items,
        "section": section,
        "me": {"name": current_member().name, "picture": profiles.picture_of(identity), "url": own, "size": 36},
        "zone": zone(),
    }
