"""A member's inbox as it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for

from helpdesk.channels.port import PartKind
from helpdesk.messaging import native_queries, profiles
from helpdesk.messaging.models import Identity, Message
from helpdesk.messaging.native_queries import UNREAD_AT_MOST, InboxEntry
from helpdesk.messaging.profiles import Profile
from helpdesk.views.messenger.frame import my_identity_id, zone
from helpdesk.views.rendering import clock_time, iso

PAGE = 40


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One row: a conversation, or somebody to begin one with. `unread` is "" for none."""

    row_id: str
    url: str
    name: str
    picture: str
    is_brand: bool
    words: str
    media: str = ""
    handle: str = ""
    time: str = ""
    iso: str = ""
    unread: str = ""
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    rows: list[InboxRow]
    more_url: str
    """Where the rows after these are; "" when there are none."""


def inbox_page(*, opened: UUID | None = None, before: tuple[datetime, int] | None = None, at: datetime) -> InboxPage:
    me = my_identity_id()
    entries = native_queries.inbox_of(me, before=before, limit=PAGE)
    others = native_queries.others_in([entry.conversation.id for entry in entries], me)
    rows = [_row(entry, others[entry.conversation.id], opened=opened, at=at) for entry in entries]
    return InboxPage(rows=rows, more_url=_more_url(entries, opened))


def _more_url(entries: Sequence[InboxEntry], opened: UUID | None) -> str:
    if len(entries) < PAGE:
        return ""
    last = entries[-1]
    return url_for("messenger.inbox_rows", after=last.conversation.public_id, open=opened)


def _row(entry: InboxEntry, other: Identity, *, opened: UUID | None, at: datetime) -> InboxRow:
    words, media = last_words(entry.last, is_mine=entry.last.author_identity_id == my_identity_id())
    return InboxRow(
        row_id=str(entry.conversation.public_id),
        url=url_for("messenger.show_conversation", public_id=entry.conversation.public_id),
        name=other.display_name or other.handle,
        picture=profiles.picture_of(other),
        is_brand=profiles.is_brand(other),
        words=words,
        media=media,
        time=short_time(entry.last.platform_time, zone(), at=at),
        iso=iso(entry.last.platform_time),
        unread=_count(entry.unread),
        is_open=entry.conversation.public_id == opened,
    )


def _count(unread: int) -> str:
    if unread >= UNREAD_AT_MOST:
        return f"{UNREAD_AT_MOST - 1}+"
    return str(unread) if unread else ""


def last_words(message: Message, *, is_mine: bool) -> tuple[str, str]:
    """The line under the name, and the icon before it ("" for none)."""
    text = " ".join(part.text for part in message.parts if part.text)[:200]
    if text:
        return (f"You: {text}" if is_mine else text), ""
    is_photo = any(part.kind == PartKind.IMAGE for part in message.parts)
    sent = "sent a photo" if is_photo else "sent a file"
    return (f"You {sent}" if is_mine else sent), ("image" if is_photo else "paperclip")


def short_time(said_at: datetime, zone_name: str, *, at: datetime) -> str:
    """10:05 today, Mon within a week, else 20 Nov or 20 Nov 2025."""
    local, here = said_at.astimezone(ZoneInfo(zone_name)), at.astimezone(ZoneInfo(zone_name))
    days = (here.date() - local.date()).days
    if days == 0:
        return clock_time(said_at, zone_name)
    if 0 < days < 7:
        return f"{local:%a}"
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != here.year else "")


def people_rows(found: Sequence[Profile]) -> list[InboxRow]:
    """People and brands to write to."""
    return [
        InboxRow(
            row_id=f"person-{profile.handle}",
            url=url_for("messenger.show_profile", handle=profile.handle),
            name=profile.name,
            picture=profile.picture,
            is_brand=profile.is_brand,
            words=f"@{profile.handle}",
        )
        for profile in found
    ]
