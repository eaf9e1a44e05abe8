"""The documented wire format of X's webhooks: messages, read marks and typing in both envelopes, signed."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from helpdesk.simulator.x_world import DirectMessage, Medium, User

Json = dict[str, Any]
Envelope = Literal["xaa", "aaa"]

MESSAGES = "direct_message_events"
READS = "direct_message_mark_read_events"
TYPINGS = "direct_message_indicate_typing_events"

_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened, before it is put into an envelope."""

    type: str
    """As X Activity names it: dm.received, dm.sent, dm.read, …"""
    array: str = ""
    """The field of Account Activity that carries it, "" where it has a payload of its own."""
    content: Json
    users: Sequence[User] = ()
    legacy: Json | None = field(default=None)
    """The whole body under Account Activity, where that is not an array."""


def signature(secret: str, content: bytes) -> str:
    return "sha256=" + base64.standard_b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def body_of(events: Sequence[Event], envelope: Envelope, account: User, event_uuid: str) -> bytes:
    """The bytes of one call. Under X Activity all events must be of one type."""
    written = _activity(events, account, event_uuid) if envelope == "xaa" else _account_activity(events, account)
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def message_event(message: DirectMessage, account: User, users: Sequence[User], base_url: str) -> Event:
    text, links = _shortened(message.text)
    data: Json = {"text": text, "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": links}}
    if message.medium is not None:
        _attach(data, message, message.medium, base_url)
    return Event(
        type="dm.sent" if message.sender_id == account.id else "dm.received",
        array=MESSAGES,
        content={
            "type": "message_create",
            "id": message.id,
            "created_timestamp": milliseconds(message.created_at),
            "message_create": {
                "target": {"recipient_id": message.recipient_id},
                "sender_id": message.sender_id,
                "message_data": data,
            },
        },
        users=users,
    )


def read_event(reader: User, account: User, up_to: str, at: datetime) -> Event:
    content = {**_towards(reader, account, at), "last_read_event_id": up_to}
    return Event(type="dm.read", array=READS, content=content, users=(reader, account))


def typing_event(sender: User, account: User, at: datetime) -> Event:
    return Event(
        type="dm.indicate_typing", array=TYPINGS, content=_towards(sender, account, at), users=(sender, account)
    )


def encrypted_event(message: DirectMessage, users: Sequence[User]) -> Event:
    content = {
        "id": message.id,
        "conversation_id": ":".join(sorted((message.sender_id, message.recipient_id), key=int)),
        "sender_id": message.sender_id,
        "created_at_msec": milliseconds(message.created_at),
        "conversation_key_version": "1",
        "encoded_event": base64.b64encode(hashlib.sha256(message.text.encode()).digest()).decode(),
        "conversation_token": "dG9rZW4=",
    }
    return Event(type="chat.received", content=content, users=users)


def unknown_event() -> Event:
    return Event(type="dm.folded_into_a_crane", array="direct_message_crane_events", content={"folds": 12})


def revoked_event(account: User, at: datetime) -> Event:
    told = {"date_time": at.isoformat(), "target": {"app_id": "13090192"}, "source": {"user_id": account.id}}
    return Event(type="oauth.revoke", content=told, legacy={"user_event": {"revoke": told}})


def replay_finished(webhook_id: str) -> Json:
    return {
        "replay_job_status": {
            "webhook_id": webhook_id,
            "job_state": "Complete",
            "job_state_description": "Job completed successfully",
            "job_id": "1",
        }
    }


def milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


def media_url(message_id: str, medium: Medium, base_url: str) -> str:
    """The address that webhooks name for a photo: it takes OAuth 1.0a, or its last three segments go into v2."""
    return f"{base_url}/1.1/ton/data/dm/{message_id}/{medium.id}/{medium.file_name}"


def _activity(events: Sequence[Event], account: User, event_uuid: str) -> Json:
    first = events[0]
    payload = first.content
    if first.array:
        users = {user.id: {"data": _user_v2(user)} for user in _everyone(events)}
        payload = {first.array: [event.content for event in events], "users": users}
    return {
        "data": {
            "event_uuid": event_uuid,
            "event_type": first.type,
            "filter": {"user_id": account.id},
            "tag": f"brand-{account.id}",
            "payload": payload,
        }
    }


def _account_activity(events: Sequence[Event], account: User) -> Json:
    if events[0].legacy is not None:
        return events[0].legacy
    arrays: Json = {}
    for event in events:
        arrays.setdefault(event.array or event.type.replace(".", "_"), []).append(event.content)
    users = {user.id: _user_v1(user) for user in _everyone(events)}
    return {"for_user_id": account.id, **arrays, "users": users}


def _everyone(events: Iterable[Event]) -> list[User]:
    return list({user.id: user for event in events for user in event.users}.values())


def _user_v2(user: User) -> Json:
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "profile_image_url": f"https://pbs.example/{user.id}_normal.jpg",
        "verified": False,
        "verified_type": "none",
        "protected": False,
        "public_metrics": {"followers_count": len(user.name) * 7},
    }


def _user_v1(user: User) -> Json:
    return {
        "id": user.id,
        "screen_name": user.username,
        "name": user.name,
        "profile_image_url_https": f"https://pbs.example/{user.id}_normal.jpg",
        "followers_count": len(user.name) * 7,
        "friends_count": 45,
        "statuses_count": 494,
        "protected": False,
        "verified": False,
    }


def _towards(sender: User, recipient: User, at: datetime) -> Json:
    return {
        "created_timestamp": milliseconds(at),
        "sender_id": sender.id,
        "target": {"recipient_id": recipient.id},
    }


def _shortened(text: str) -> tuple[str, list[Json]]:
    """The text as X sends it, every link as t.co and &, <, > escaped, with what the links stand for."""
    links: list[Json] = []

    def shorten(found: re.Match[str]) -> str:
        short = _short_link(found[0])
        links.append({"url": short, "expanded_url": found[0], "display_url": found[0].partition("://")[2][:25]})
        return short

    pieces = _LINK.sub(shorten, text)
    escaped = pieces.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for link in links:
        start = escaped.find(link["url"])
        link["indices"] = [start, start + len(link["url"])]
    return escaped, links


def _short_link(target: str) -> str:
    token = base64.b32encode(hashlib.sha256(target.encode()).digest()).decode()[:10]
    return f"https://t.co/{token}"


def _attach(data: Json, message: DirectMessage, medium: Medium, base_url: str) -> None:
    """Adds the medium and, at the end of the text, the link that stands for it."""
    short = _short_link(f"{message.id}/{medium.id}")
    whole = f"https://x.com/messages/media/{message.id}"
    data["text"] = f"{data['text']} {short}"
    start = len(data["text"]) - len(short)
    data["entities"]["urls"].append({"url": short, "expanded_url": whole, "indices": [start, len(data["text"])]})
    described: Json = {
        "id_str": medium.id,
        "media_url_https": media_url(message.id, medium, base_url),
        "url": short,
        "expanded_url": whole,
        "type": medium.kind,
        "sizes": {"large": {"w": 640, "h": 480, "resize": "fit"}},
    }
    if medium.kind != "photo":
        described["video_info"] = _video_info(medium, base_url)
    data["attachment"] = {"type": "media", "media": described}


def _video_info(medium: Medium, base_url: str) -> Mapping[str, object]:
    folder = f"{base_url}/dm_video/{medium.id}"
    return {
        "duration_millis": 4200,
        "variants": [
            {"content_type": "application/x-mpegURL", "url": f"{folder}/list.m3u8"},
            {"content_type": "video/mp4", "bitrate": 832000, "url": f"{folder}/{medium.file_name}"},
        ],
    }
