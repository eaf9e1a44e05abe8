"""Inbox and conversations: seen, written in, read."""

from uuid import UUID

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from config import Settings
from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.extensions import limiter
from helpdesk.messaging import conversing, media, native_queries, profiles
from helpdesk.messaging.conversing import Draft, Place, Speaker
from helpdesk.messaging.models import ChannelAccount, Conversation, File, Message
from helpdesk.messaging.profiles import Profile
from helpdesk.orm import db
from helpdesk.tickets import native_intake
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_member, open_to
from helpdesk.views.messenger.blueprint import blueprint
from helpdesk.views.messenger.drawing import (
    MOST_CHANGES,
    beginning_again,
    beginning_page,
    changed_rows,
    composer_again,
    conversation_page,
    fragment,
    messages_before,
    other_side,
    place_of,
    typing_sign,
    whole_page,
)
from helpdesk.views.messenger.frame import around, my_identity_id
from helpdesk.views.messenger.inbox import InboxRow, inbox_page, people_rows
from helpdesk.views.rendering import wants_fragment

SENDS_A_MINUTE = 60


def _member_key() -> str:
    return current_user.get_id() or request.remote_addr or ""


limit_sends = limiter.shared_limit(f"{SENDS_A_MINUTE} per minute", scope="messages", key_func=_member_key)


# The inbox


@blueprint.get("")
@open_to(Audience.MEMBERS)
def inbox() -> ResponseReturnValue:
    page = inbox_page(at=clock.now())
    return whole_page("messenger/inbox.html", inbox=page, beginnings=_beginnings() if not page.rows else [])


def _beginnings() -> list[InboxRow]:
    return people_rows(profiles.brands_here())


@blueprint.get("/rows")
@open_to(Audience.MEMBERS)
def inbox_rows() -> ResponseReturnValue:
    """The list alone; `open` is the conversation beside it, `after` the one whose successors are asked for."""
    opened, after = _uuid(request.args.get("open")), _uuid(request.args.get("after"))
    page = inbox_page(opened=opened, before=_last_place(after), at=clock.now())
    if after is not None:
        return fragment("messenger/more_rows.html", inbox=page)
    beginnings = _beginnings() if not page.rows else []
    return fragment("messenger/news.html", **around("messages"), inbox=page, opened=opened, beginnings=beginnings)


def _last_place(public_id: UUID | None) -> Place | None:
    if public_id is None:
        return None
    last = native_queries.released_before(_find(public_id).id, limit=1)
    return place_of(last[0]) if last else None


# A conversation


@blueprint.get("/<uuid:public_id>")
@open_to(Audience.MEMBERS)
def show_conversation(public_id: UUID) -> ResponseReturnValue:
    """Opening a conversation reads it; `before` shows the page of messages before one."""
    conversation = _find(public_id)
    with transaction():
        native_intake.read_by_member(conversation, identity_id=my_identity_id(), at=clock.now())
    return conversation_page(conversation)


@blueprint.get("/<uuid:public_id>/changes")
@open_to(Audience.MEMBERS)
def conversation_changes(public_id: UUID) -> ResponseReturnValue:
    """What is new or different since a version of the conversation, which is read before the rows."""
    conversation = _find(public_id)
    since, version = request.args.get("since", 0, type=int), conversation.version
    if since >= version:
        return "", 204
    changed = native_queries.released_since(conversation.id, max(since, 0), limit=MOST_CHANGES)
    if len(changed) == MOST_CHANGES:
        return "", 204, {"HX-Refresh": "true"}
    mine = native_queries.last_released_by(conversation.id, my_identity_id())
    shown = [*changed, mine] if mine is not None else list(changed)
    return fragment(
        "messenger/changes.html", rows=changed_rows(conversation, shown), conversation=conversation, version=version
    )


@blueprint.get("/<uuid:public_id>/older")
@open_to(Audience.MEMBERS)
def older_messages(public_id: UUID) -> ResponseReturnValue:
    conversation = _find(public_id)
    before = _said_with(conversation, request.args.get("before", ""))
    if before is None:
        raise NotFound("no such message")
    if not wants_fragment():
        return conversation_page(conversation, before=before)
    return fragment("messenger/older.html", **messages_before(conversation, before=before))


@blueprint.post("/<uuid:public_id>")
@open_to(Audience.MEMBERS)
@limit_sends
def send(public_id: UUID) -> ResponseReturnValue:
    conversation = _find(public_id)
    key = request.form.get("key", "")
    said = native_queries.released_by_key(conversation.id, key) if conversing.is_key(key) else None
    if said is None:
        try:
            with transaction():
                _say_in(conversation, _draft())
        except InvalidInput as error:
            return composer_again(str(error), 422, conversation)
        said = native_queries.released_by_key(conversation.id, key)
    if said is None or not wants_fragment():
        return redirect(url_for(".show_conversation", public_id=public_id), 303)
    rows = changed_rows(conversation, [said])
    return fragment("messenger/changes.html", rows=rows, conversation=conversation, version=None)


@blueprint.post("/<uuid:public_id>/read")
@open_to(Audience.MEMBERS)
def mark_read(public_id: UUID) -> ResponseReturnValue:
    """The page shows everything up to the message whose element is `last`."""
    conversation = _find(public_id)
    last = _said_with(conversation, request.form.get("last", "").removeprefix("message-"))
    if last is not None:
        with transaction():
            native_intake.read_by_member(
                conversation, identity_id=my_identity_id(), up_to=place_of(last), at=clock.now()
            )
    return "", 204


@blueprint.post("/<uuid:public_id>/typing")
@open_to(Audience.MEMBERS)
def start_typing(public_id: UUID) -> ResponseReturnValue:
    conversation = _find(public_id)
    with transaction():
        native_intake.typing_by_member(conversation, identity_id=my_identity_id(), at=clock.now())
    return "", 204


@blueprint.get("/<uuid:public_id>/typing")
@open_to(Audience.MEMBERS)
def show_typing(public_id: UUID) -> ResponseReturnValue:
    """Who writes just now; the sign asks again until it is over."""
    conversation = _find(public_id)
    return fragment("messenger/typing.html", **typing_sign(conversation))


# Beginning one


@blueprint.get("/with/<handle>")
@open_to(Audience.MEMBERS)
def begin(handle: str) -> ResponseReturnValue:
    """The conversation with this person or brand, or an empty one that begins with its first message."""
    profile = _somebody_else(handle)
    conversation = _between(profile)
    if conversation is not None:
        return redirect(url_for(".show_conversation", public_id=conversation.public_id))
    return beginning_page(profile)


@blueprint.post("/with/<handle>")
@open_to(Audience.MEMBERS)
@limit_sends
def send_first(handle: str) -> ResponseReturnValue:
    profile = _somebody_else(handle)
    try:
        with transaction():
            conversation = _say_to(profile, _draft())
    except InvalidInput as error:
        return beginning_again(str(error), 422, profile)
    address = url_for(".show_conversation", public_id=conversation.public_id)
    return ("", 204, {"HX-Redirect": address}) if wants_fragment() else redirect(address, 303)


@blueprint.errorhandler(429)
def too_many(_: Exception) -> ResponseReturnValue:
    """The words stay in the composer."""
    words = f"That is more than {SENDS_A_MINUTE} messages in a minute. Wait a moment, then send again."
    given = request.view_args or {}
    if "public_id" in given:
        return composer_again(words, 429, _find(given["public_id"]))
    return beginning_again(words, 429, _somebody_else(given["handle"]))


# Finding


def _find(public_id: UUID) -> Conversation:
    """A conversation that the member takes part in. Raises NotFound."""
    return native_queries.conversation_of_identity(public_id, my_identity_id())


def _said_with(conversation: Conversation, key: str) -> Message | None:
    """A released message by its key; the database has no place for the character that ends a C string."""
    return native_queries.released_by_key(conversation.id, key.replace("\x00", "")[:80])


def _somebody_else(handle: str) -> Profile:
    """Raises NotFound, also for oneself."""
    profile = profiles.profile_with(handle)
    if profile.member is not None and profile.member.id == current_member().id:
        raise NotFound("nobody writes to themselves")
    return profile


def _between(profile: Profile) -> Conversation | None:
    mine = profiles.person_of(current_member()).external_id
    account_id = profile.account.id if profile.account is not None else None
    return native_queries.direct_conversation(account_id, conversing.conversation_key(mine, profile.external_id))


def _uuid(given: str | None) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        return None


# Saying


def _draft() -> Draft:
    """What the form holds, its files stored. Raises InvalidInput."""
    body, key = request.form.get("body", ""), request.form.get("key", "")
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    conversing.check(body, files=len(uploads), key=key)
    return conversing.draft_of(body, [_stored(upload) for upload in uploads], key=key)


def _stored(upload: FileStorage) -> File:
    settings: Settings = current_app.config["SETTINGS"]
    name = upload.filename or "file"
    return media.store_upload(upload.stream, name=name, settings=settings, limits=conversing.LIMITS)


def _say_in(conversation: Conversation, draft: Draft) -> None:
    if conversation.account_id is not None:
        _say_to_brand(db.session.get_one(ChannelAccount, conversation.account_id), draft)
    else:
        other = other_side(conversation)
        _say_to_member(Speaker(external_id=other.external_id, identity_id=other.id), draft)


def _say_to(profile: Profile, draft: Draft) -> Conversation:
    if profile.account is not None:
        return _say_to_brand(profile.account, draft)
    assert profile.member is not None
    return _say_to_member(
        Speaker(external_id=profile.external_id, identity_id=profiles.join_network(profile.member)), draft
    )


def _say_to_brand(account: ChannelAccount, draft: Draft) -> Conversation:
    me = profiles.person_of(current_member())
    return native_intake.write_to_brand(draft, sender=me, account=account, sender_id=my_identity_id(), at=clock.now())


def _say_to_member(recipient: Speaker, draft: Draft) -> Conversation:
    me = Speaker(external_id=profiles.person_of(current_member()).external_id, identity_id=my_identity_id())
    return conversing.write_to_member(draft, sender=me, recipient=recipient, at=clock.now())
