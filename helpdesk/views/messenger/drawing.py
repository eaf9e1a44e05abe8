"""Pages and fragments of conversations, put together from what members may see."""

import json
from typing import Any
from uuid import uuid4

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.messaging import conversing, native_queries, profiles, queries
from helpdesk.messaging.conversing import Place
from helpdesk.messaging.models import Conversation, Identity, Message
from helpdesk.messaging.notices import conversation_subject, typing_subject
from helpdesk.messaging.profiles import Profile
from helpdesk.views.messenger.frame import around, my_identity_id, zone
from helpdesk.views.messenger.inbox import inbox_page
from helpdesk.views.messenger.thread import Row, Sight, row_id, rows_of
from helpdesk.views.rendering import wants_fragment

PAGE = 50
MOST_CHANGES = 200
"""Of more messages a page that slept is told to load itself anew."""


def other_side(conversation: Conversation) -> Identity:
    return native_queries.others_in([conversation.id], my_identity_id())[conversation.id]


def place_of(message: Message) -> Place:
    return message.platform_time, message.id


def conversation_page(
    conversation: Conversation, *, before: Message | None = None, error: str = "", status: int = 200
) -> ResponseReturnValue:
    opened = conversation.public_id
    context: dict[str, Any] = {
        "opened": opened,
        "inbox": inbox_page(opened=opened, at=clock.now()),
        "pictures": native_queries.pictures_in(conversation.id, limit=6),
        **messages_before(conversation, before=before),
        **typing_sign(conversation),
        **_composer(url_for("messenger.send", public_id=opened), error),
        **_about(other_side(conversation)),
    }
    if wants_fragment():
        return fragment("messenger/opened.html", **around("messages"), **context)
    return make_response(whole_page("messenger/conversation.html", pane="thread", **context), status)


def beginning_page(profile: Profile, *, error: str = "", status: int = 200) -> ResponseReturnValue:
    response = whole_page(
        "messenger/conversation.html",
        pane="thread",
        inbox=inbox_page(at=clock.now()),
        conversation=None,
        rows=[],
        older_url="",
        pictures=[],
        writer=None,
        other=profile,
        is_brand=profile.is_brand,
        **_composer(url_for("messenger.send_first", handle=profile.handle), error),
    )
    return make_response(response, status)


def composer_again(words: str, status: int, conversation: Conversation) -> ResponseReturnValue:
    """The draft once more, with what is wrong; nothing of it is lost."""
    if not wants_fragment():
        return conversation_page(conversation, error=words, status=status)
    address = url_for("messenger.send", public_id=conversation.public_id)
    return _refused(status, conversation=conversation, **_composer(address, words))


def beginning_again(words: str, status: int, profile: Profile) -> ResponseReturnValue:
    if not wants_fragment():
        return beginning_page(profile, error=words, status=status)
    address = url_for("messenger.send_first", handle=profile.handle)
    return _refused(status, conversation=None, **_composer(address, words))


def _refused(status: int, **context: Any) -> ResponseReturnValue:
    response = make_response(fragment("messenger/composer.html", **context), status)
    if status == 429:
        # What the answer holds is not swapped in; the script puts the words back, the toast says why.
        response.headers["HX-Trigger"] = json.dumps({"toast": context["error"]})
    return response


def _composer(address: str, error: str) -> dict[str, Any]:
    """After an error the form holds what was written, and its key: sent again it is still one message."""
    key = request.form.get("key", "") if error else ""
    return {
        "composer_url": address,
        "composer_key": key if conversing.is_key(key) else str(uuid4()),
        "draft": request.form.get("body", "") if error else "",
        "error": error,
        "limits": conversing.LIMITS,
    }


def _about(other: Identity) -> dict[str, Any]:
    """The other side, as the head of the conversation and the pane beside it show it."""
    profile = Profile(
        external_id=other.external_id,
        name=other.display_name or other.handle,
        handle=other.handle,
        picture=profiles.picture_of(other),
    )
    return {"other": profile, "is_brand": profiles.is_brand(other)}


def messages_before(conversation: Conversation, *, before: Message | None = None) -> dict[str, Any]:
    """One page of rows, and where the page before it is. The version is read before the rows."""
    version = conversation.version
    place = place_of(before) if before is not None else None
    found = native_queries.released_before(conversation.id, before=place, limit=PAGE + 1)
    shown = found[1:] if len(found) > PAGE else found
    return {
        "conversation": conversation,
        "version": version,
        "rows": rows_of(shown, _sight(conversation), after=found[0] if len(found) > PAGE else None),
        "older_url": _older_url(conversation, shown[0]) if len(found) > PAGE else "",
        "older_id": f"older-{shown[0].external_id}" if shown else "",
    }


def _older_url(conversation: Conversation, first: Message) -> str:
    return url_for("messenger.older_messages", public_id=conversation.public_id, before=first.external_id)


def changed_rows(conversation: Conversation, changed: list[Message]) -> list[Row]:
    """Rows of these messages as they stand among all others, with the lines of days that begin with them."""
    if not changed:
        return []
    first = min(changed, key=place_of)
    before = native_queries.released_before(conversation.id, before=place_of(first), limit=1)
    window = native_queries.released_from(conversation.id, place_of(first), limit=MOST_CHANGES)
    rows = rows_of(window, _sight(conversation), after=before[0] if before else None)
    wanted = {row_id(message) for message in changed}
    return [row for row, following in zip(rows, [*rows[1:], None], strict=True) if _is_wanted(row, following, wanted)]


def _is_wanted(row: Row, following: Row | None, wanted: set[str]) -> bool:
    if row.kind == "day" and following is not None:
        return following.row_id in wanted
    return row.row_id in wanted


def _sight(conversation: Conversation) -> Sight:
    other = other_side(conversation)
    seen = native_queries.receipt(conversation.id, other.id)
    return Sight(me=my_identity_id(), other=other, seen=seen, zone=zone(), at=clock.now())


def typing_sign(conversation: Conversation) -> dict[str, Any]:
    """The other side, while they write; agents' typing is theirs alone."""
    at = clock.now()
    others = [p for p in queries.participants(conversation.id) if p.identity_id != my_identity_id()]
    writes = any(conversing.is_typing(participant, at=at) for participant in others)
    return {
        "conversation": conversation,
        "subjects": _subjects(conversation),
        "writer": _about(other_side(conversation))["other"] if writes else None,
    }


def _subjects(conversation: Conversation) -> dict[str, str]:
    return {
        "conversation": conversation_subject(conversation.public_id),
        "typing": typing_subject(conversation.public_id),
    }


def whole_page(template: str, **context: Any) -> ResponseReturnValue:
    response = make_response(render_template(template, **around("messages"), **context))
    response.vary.add("HX-Request-Type")
    return response


def fragment(template: str, **context: Any) -> ResponseReturnValue:
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request-Type")
    return response
