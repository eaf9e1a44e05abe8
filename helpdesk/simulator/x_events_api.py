"""X's record of the brand's DMs, as it answers when asked: the newest first, 30 days back, 15 calls in 15 minutes.

Messages are in it whether or not a webhook told of them; who joined and left a group is only here. Messages of the
moved-on encrypted chat are not.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpdesk import clock
from helpdesk.simulator import x_wire
from helpdesk.simulator.x_answers import Refused, bearer_of, fault_answer, json_answer
from helpdesk.simulator.x_faults import fault_named, problem, unauthorized
from helpdesk.simulator.x_groups import GroupEvent
from helpdesk.simulator.x_limits import SendLimit
from helpdesk.simulator.x_world import DirectMessage, Medium, User

if TYPE_CHECKING:
    from helpdesk.simulator.x_platform import XPlatform

Json = dict[str, Any]
Spelling = Literal["posts", "tweets"]

LOOK_BACK = timedelta(days=30)
MOST = 100
KINDS = ("MessageCreate", "ParticipantsJoin", "ParticipantsLeave")

# What each spelling of the API takes; anything else is refused, as the OpenAPI document has it.
_EVENT_FIELDS = {
    "posts": {
        "attachments",
        "created_at",
        "dm_conversation_id",
        "entities",
        "event_type",
        "id",
        "referenced_posts",
        "text",
    },
    "tweets": {
        *("attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "referenced_tweets"),
        *("text", "sender_id", "participant_ids"),
    },
}
_EXPANSIONS = {
    "posts": {"attachments.media_keys", "participant_ids", "referenced_posts", "sender_id"},
    "tweets": {"attachments.media_keys", "participant_ids", "referenced_tweets.id", "sender_id"},
}
_PARAMETERS = {
    "posts": {"post.fields"},
    "tweets": {"tweet.fields"},
}
READ_WINDOW = timedelta(minutes=15)
"""In which X counts reads, for each endpoint."""

_OTHER_PARAMETERS = {
    *("max_results", "pagination_token", "event_types", "dm_event.fields", "expansions", "user.fields", "media.fields"),
}


@dataclass(frozen=True, kw_only=True)
class _Asked:
    kinds: frozenset[str]
    fields: frozenset[str]
    expansions: frozenset[str]
    most: int
    before: str
    """The id of the last event of the page before; "" for the first page."""


class EventsApi:
    routes = Map(
        [
            Rule("/2/dm_events", endpoint="all_events", methods=["GET"]),
            Rule("/2/dm_events/<event_id>", endpoint="one_event", methods=["GET"]),
            Rule("/2/dm_conversations/with/<person_id>/dm_events", endpoint="events_with", methods=["GET"]),
            Rule("/2/dm_conversations/<conversation_id>/dm_events", endpoint="events_of", methods=["GET"]),
        ]
    )

    def __init__(self, platform: "XPlatform", *, read_window: timedelta) -> None:
        self.platform = platform
        self.spelling: Spelling = "posts"
        self.left_out = 0
        """How many of the events of the next page X cannot tell, and says so beside the others."""
        self._limits: dict[str, SendLimit] = {}
        self.read_limit = 15
        self.read_window = read_window
        self.events_read = 0
        """What X would bill."""

    def all_events(self, request: Request) -> Response:
        return self._page(request, "all", self._everything())

    def events_with(self, request: Request, person_id: str) -> Response:
        found = [e for e in self._everything() if e["dm_conversation_id"] == self._pair(person_id)]
        return self._page(request, "with", found)

    def events_of(self, request: Request, conversation_id: str) -> Response:
        found = [e for e in self._everything() if e["dm_conversation_id"] == conversation_id]
        return self._page(request, "of", found)

    def one_event(self, request: Request, event_id: str) -> Response:
        headers = self._allow(request, "one")
        found = [event for event in self._everything() if event["id"] == event_id]
        if not found:
            return fault_answer(problem(404, "resource-not-found", "Could not find the event."), headers)
        asked = self._asked(request)
        return json_answer(200, {"data": _shown(found[0], asked)} | self._includes(found, asked), headers)

    def _page(self, request: Request, endpoint: str, events: Sequence[Json]) -> Response:
        headers = self._allow(request, endpoint)
        asked = self._asked(request)
        wanted = [e for e in events if e["event_type"] in asked.kinds]
        older = [e for e in wanted if not asked.before or int(e["id"]) < int(asked.before)]
        page = older[: asked.most]
        told, errors = page[self.left_out :], [_untold(e) for e in page[: self.left_out]]
        self.left_out = 0
        self.events_read += len(told)
        body: Json = {"meta": {"result_count": len(told)}}
        if told:
            body |= {"data": [_shown(event, asked) for event in told]} | self._includes(told, asked)
        if errors:
            body["errors"] = errors
        if len(older) > len(page):
            body["meta"]["next_token"] = _token(page[-1]["id"])
        return json_answer(200, body, headers)

    def _allow(self, request: Request, endpoint: str) -> dict[str, str]:
        """The rate-limit headers. Raises Refused."""
        token = bearer_of(request)
        if token and token == self.platform.app_token:
            raise Refused(problem(403, "unsupported-authentication", "Authenticating with app-only is forbidden here."))
        if not token or token != self.platform.access_token:
            raise Refused(unauthorized())
        limit = self._limits.setdefault(endpoint, SendLimit(self.read_limit, self.read_window))
        allowance = limit.count()
        fault = self.platform.faults.take("read")
        if allowance.is_over:
            fault = fault_named(88)
        if fault is not None:
            raise Refused(fault, allowance.headers())
        return allowance.headers()

    def limit_reads(self, limit: int, window: timedelta) -> None:
        self.read_limit, self.read_window = limit, window
        self._limits.clear()

    def _asked(self, request: Request) -> _Asked:
        """Raises Refused for what this spelling of the API does not take."""
        args = request.args
        known = _OTHER_PARAMETERS | _PARAMETERS[self.spelling]
        fields = _words(args.get("dm_event.fields", "id,event_type,text"))
        expansions = _words(args.get("expansions", ""))
        kinds = _words(args.get("event_types", ",".join(KINDS)))
        most = args.get("max_results", str(MOST))
        fits = (
            set(args) <= known
            and fields <= _EVENT_FIELDS[self.spelling]
            and expansions <= _EXPANSIONS[self.spelling]
            and kinds <= set(KINDS)
            and most.isdigit()
            and 1 <= int(most) <= MOST
        )
        if not fits:
            raise Refused(problem(400, "invalid-request", "One or more parameters to your request was invalid."))
        before = _read_token(args.get("pagination_token", ""))
        return _Asked(kinds=kinds, fields=fields, expansions=expansions, most=int(most), before=before)

    def _everything(self) -> list[Json]:
        """All events of the last 30 days, the newest first."""
        since = clock.now() - LOOK_BACK
        world = self.platform.world
        messages = [self._message(m) for m in world.messages() if m.created_at >= since and not m.is_encrypted]
        groups = [
            _group_event(e, self.platform.base_url) for e in self.platform.groups.events() if e.created_at >= since
        ]
        return sorted([*messages, *groups], key=lambda event: int(event["id"]), reverse=True)

    def _message(self, message: DirectMessage) -> Json:
        """As the webhook tells it, in the words of v2."""
        legacy = x_wire.message_event(message, self.platform.brand, (), self.platform.base_url).content
        data = legacy["message_create"]["message_data"]
        pair = sorted((message.sender_id, message.recipient_id), key=int)
        event: Json = {
            "id": message.id,
            "event_type": "MessageCreate",
            "dm_conversation_id": "-".join(pair),
            "sender_id": message.sender_id,
            "created_at": _iso(message.created_at),
            "text": data["text"],
            "entities": {"urls": data["entities"]["urls"]},
        }
        if message.medium is not None:
            event["attachments"] = {"media_keys": [_media_key(message.medium)]}
            event["_medium"] = _medium_v2(message.id, message.medium, self.platform.base_url)
        shared = re.findall(r"https://x\.com/\w+/status/(\d+)", message.text)
        if shared:
            event[f"referenced_{self.spelling}"] = [{"id": post_id} for post_id in shared]
        return event

    def _includes(self, events: Sequence[Json], asked: _Asked) -> Json:
        includes: Json = {}
        people = {e["sender_id"] for e in events if "sender_id" in asked.expansions}
        people |= {p for e in events for p in e.get("participant_ids", ()) if "participant_ids" in asked.expansions}
        if people:
            includes["users"] = [_user_v2(user) for user in self.platform.world.users(sorted(people))]
        media = [e["_medium"] for e in events if "_medium" in e and "attachments.media_keys" in asked.expansions]
        if media:
            includes["media"] = media
        return {"includes": includes} if includes else {}

    def _pair(self, person_id: str) -> str:
        if not person_id.isdigit():
            raise Refused(problem(400, "invalid-request"))
        return "-".join(sorted((person_id, self.platform.brand.id), key=int))


def _shown(event: Mapping[str, Any], asked: _Asked) -> Json:
    """Only what was asked for: by default X tells little."""
    always = {"id", "event_type"}
    by_expansion = {"sender_id", "participant_ids"} & asked.expansions
    default = {"participant_ids"} if event["event_type"] != "MessageCreate" else set()
    return {name: value for name, value in event.items() if name in always | asked.fields | by_expansion | default}


def _untold(event: Mapping[str, Any]) -> Json:
    return {
        "title": "Not Found Error",
        "type": "https://api.x.com/2/problems/resource-not-found",
        "resource_type": "dm_event",
        "resource_id": event["id"],
        "detail": "Could not find the event.",
    }


def _group_event(event: GroupEvent, base_url: str) -> Json:
    told: Json = {
        "id": event.id,
        "event_type": event.kind,
        "dm_conversation_id": event.group_id,
        "sender_id": event.actor_id,
        "created_at": _iso(event.created_at),
    }
    if event.medium is not None:
        told["attachments"] = {"media_keys": [_media_key(event.medium)]}
        told["_medium"] = _medium_v2(event.id, event.medium, base_url)
    if event.kind == "MessageCreate":
        return told | {"text": event.text}
    return told | {"participant_ids": list(event.people)}


def _media_key(medium: Medium) -> str:
    return f"{ {'photo': 3, 'video': 7, 'animated_gif': 16}[medium.kind] }_{medium.id}"


def _medium_v2(message_id: str, medium: Medium, base_url: str) -> Json:
    described: Json = {"media_key": _media_key(medium), "type": medium.kind, "width": 640, "height": 480}
    if medium.kind == "photo":
        return described | {"url": x_wire.media_url(message_id, medium, base_url)}
    folder = f"{base_url}/dm_video/{medium.id}"
    return described | {
        "preview_image_url": f"{folder}/preview.jpg",
        "duration_ms": 4200,
        "variants": [
            {"content_type": "application/x-mpegURL", "url": f"{folder}/list.m3u8"},
            {"content_type": "video/mp4", "bit_rate": 256000, "url": f"{folder}/small.mp4"},
            {"content_type": "video/mp4", "bit_rate": 832000, "url": f"{folder}/{medium.file_name}"},
        ],
    }


def _user_v2(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "profile_image_url": f"https://pbs.example/{user.id}_normal.jpg",
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(written: str) -> frozenset[str]:
    return frozenset(word for word in written.split(",") if word)


def _token(last_id: str) -> str:
    """Opaque to whoever gets it, as X's is."""
    return base64.b32hexencode(json.dumps({"before": last_id}).encode()).decode().rstrip("=")


def _read_token(token: str) -> str:
    if not token:
        return ""
    try:
        padded = token + "=" * (-len(token) % 8)
        return str(json.loads(base64.b32hexdecode(padded))["before"])
    except (ValueError, KeyError, TypeError):
        raise Refused(problem(400, "invalid-request", "The pagination token is not valid.")) from None
