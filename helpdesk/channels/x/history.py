"""X's record of an account's DMs: 30 days back, the newest first, 15 calls in 15 minutes for each endpoint."""

import re
from collections.abc import Mapping

from helpdesk.channels import http
from helpdesk.channels.history import HistoryPage
from helpdesk.channels.port import Connection, FailureClass, SendFailed
from helpdesk.channels.x.errors import failure_of_request, quota_in
from helpdesk.channels.x.history_payloads import DmEvent, HistoryAnswer
from helpdesk.channels.x.payloads import read

MOST_A_PAGE = 100

_ANSWER_MAX_BYTES = 8 * 1024 * 1024
"""A hundred messages of the longest text, each with its people and its medium."""

_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_\-]{1,500}", re.ASCII)

_ALWAYS = {
    "user.fields": "id,name,username,profile_image_url",
    "media.fields": "media_key,type,url,preview_image_url,width,height,duration_ms,variants",
}

# X renames these fields in 2026 and refuses what it does not know, so the newer form is asked for first.
_SPELLINGS: tuple[Mapping[str, str], ...] = (
    {
        "dm_event.fields": "id,event_type,text,created_at,dm_conversation_id,entities,attachments,referenced_posts",
        "expansions": "sender_id,participant_ids,attachments.media_keys,referenced_posts",
        "post.fields": "id",
    },
    {
        "dm_event.fields": "id,event_type,text,created_at,dm_conversation_id,entities,attachments,referenced_tweets,"
        "sender_id,participant_ids",
        "expansions": "sender_id,participant_ids,attachments.media_keys,referenced_tweets.id",
        "tweet.fields": "id",
    },
)


class XHistory:
    """Reads under one account's token. `cursor` is the id of an event that is known already."""

    def __init__(self, connection: Connection, headers: Mapping[str, str]) -> None:
        self._connection = connection
        self._headers = headers

    def everything(self, *, cursor: str, token: str, limit: int) -> HistoryPage:
        asked = {
            "max_results": str(min(limit, MOST_A_PAGE)),
            "event_types": "MessageCreate,ParticipantsJoin,ParticipantsLeave",
        }
        if _TOKEN.fullmatch(token):
            asked["pagination_token"] = token
        return self._page("/2/dm_events", asked, cursor=cursor)

    def conversation(self, key: str, *, with_id: str, limit: int) -> HistoryPage:
        asked = {"max_results": str(min(limit, MOST_A_PAGE)), "event_types": "MessageCreate"}
        return self._page(_conversation_path(key, with_id), asked, cursor="")

    def _page(self, path: str, asked: Mapping[str, str], *, cursor: str) -> HistoryPage:
        answer = self._ask(path, asked)
        told = read(answer.body, HistoryAnswer)
        if told is None:
            raise SendFailed(FailureClass.TRANSIENT, "X's record cannot be read", code="unreadable")
        if told.errors and not told.data:
            raise failure_of_request(answer)
        ids = [str(event.id) for event in (read(raw, DmEvent) for raw in told.data) if event is not None]
        has_reached = any(_is_at_or_before(event_id, cursor) for event_id in ids)
        return HistoryPage(
            body=answer.body,
            count=len(told.data),
            newest_id=max(ids, key=_place, default=""),
            next_token="" if has_reached else told.meta.next_token,
            left_out=len(told.errors),
            quota=quota_in(answer.headers),
        )

    def _ask(self, path: str, asked: Mapping[str, str]) -> http.Answer:
        newer, older = _SPELLINGS
        answer = self._call(path, {**asked, **_ALWAYS, **newer})
        if answer.status == 400:
            answer = self._call(path, {**asked, **_ALWAYS, **older})
        if not answer.is_success:
            raise failure_of_request(answer)
        return answer

    def _call(self, path: str, params: Mapping[str, str]) -> http.Answer:
        return http.ask(
            http.Call(
                method="GET",
                url=self._connection.api_url + path,
                headers=self._headers,
                params=params,
                allow_private_addresses=self._connection.allow_private_addresses,
                answer_max_bytes=_ANSWER_MAX_BYTES,
            )
        )


def _conversation_path(key: str, with_id: str) -> str:
    kind, _, conversation_id = key.partition(":")
    if kind == "dm" and _DIGITS.fullmatch(conversation_id):
        return f"/2/dm_conversations/{conversation_id}/dm_events"
    if kind != "dm" or not _DIGITS.fullmatch(with_id):
        raise SendFailed(FailureClass.CONTENT, "X has no record of this conversation", code="no_record")
    return f"/2/dm_conversations/with/{with_id}/dm_events"


def _is_at_or_before(event_id: str, cursor: str) -> bool:
    return bool(cursor) and _place(event_id) <= _place(cursor)


def _place(event_id: str) -> tuple[int, str]:
    """X's ids grow with time; a longer number is a larger one."""
    return len(event_id), event_id
