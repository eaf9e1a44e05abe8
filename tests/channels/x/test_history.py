"""X's record of DMs: how it is asked for, and what its pages say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.history import ChannelWithHistory
from helpdesk.channels.port import (
    FailureClass,
    InboundEvent,
    InboundIdentity,
    InboundMessage,
    InboundPart,
    InboundParticipation,
    PartKind,
    Quota,
    SendFailed,
    UnreadablePayload,
    UnsupportedEvent,
)
from tests.channels.canned_server import Canned, Received, canned_server
from tests.channels.x.contract import coded, payload, problem, x_channel

RECEIVED_AT = datetime(2026, 7, 24, 22, 0, tzinfo=UTC)
DANA = InboundIdentity(
    external_id="8002", display_name="Dana Ruiz", handle="dana", avatar_url="https://pbs.example/8002_normal.jpg"
)
GROUP = "dm:2080000000000000777"
LIMITS = {"x-rate-limit-limit": "15", "x-rate-limit-remaining": "9", "x-rate-limit-reset": "1784929000"}


def channel(api_url: str = "https://api.x.com") -> ChannelWithHistory:
    made = x_channel(api_url)
    assert isinstance(made, ChannelWithHistory)
    return made


def parsed(body: bytes) -> list[InboundEvent]:
    return channel().parse_history(body, received_at=RECEIVED_AT)


def the_page() -> list[InboundEvent]:
    return parsed(payload("history_page"))


def page_of(**event: object) -> bytes:
    usual = {"id": "1", "event_type": "MessageCreate", "dm_conversation_id": "7001-8002", "sender_id": "8002"}
    return json.dumps({"data": [usual | {"created_at": "2026-07-24T21:25:00Z", "text": "hello"} | event]}).encode()


def message(**event: object) -> InboundMessage:
    (found,) = parsed(page_of(**event))
    assert isinstance(found, InboundMessage)
    return found


def test_a_page_is_told_oldest_first_and_marked() -> None:
    events = the_page()

    assert [getattr(event, "external_id", "") for event in events] == [
        "2080000000000000004",
        "2080000000000000005",
        "2080000000000000006",
        "",
        "2080000000000000008",
        "",
    ]
    assert all(event.is_backfilled for event in events if isinstance(event, InboundMessage))


def test_a_photo_has_its_words_without_the_link_and_the_address_that_webhooks_name() -> None:
    photo = the_page()[0]

    assert isinstance(photo, InboundMessage)
    assert (photo.conversation_key, photo.sender, photo.customer) == ("dm:7001-8002", DANA, DANA)
    assert photo.sent_at == datetime(2026, 7, 24, 21, 25, tzinfo=UTC)
    assert photo.parts == (
        InboundPart(kind=PartKind.TEXT, text="photo"),
        InboundPart(
            kind=PartKind.IMAGE,
            source_url="https://ton.twitter.com/1.1/ton/data/dm/2080000000000000004/2080000000000000900/aB3.jpg",
            mime="image/jpeg",
            name="aB3.jpg",
            details={"media_id": "2080000000000000900", "type": "photo", "width": 800, "height": 600},
        ),
    )


def test_of_a_video_the_best_mp4_is_taken_and_the_last_link_goes_where_x_names_none() -> None:
    video = the_page()[1]

    assert isinstance(video, InboundMessage)
    words, clip = video.parts
    assert words.text == "it moves"
    assert (clip.kind, clip.source_url, clip.mime) == (
        PartKind.VIDEO,
        "https://video.twimg.com/good.mp4",
        "video/mp4",
    )
    assert clip.details["duration_ms"] == 4200


def test_what_the_brand_wrote_is_known_as_such() -> None:
    ours = the_page()[2]

    assert isinstance(ours, InboundMessage)
    assert (ours.is_from_brand, ours.customer, ours.conversation_key) == (
        True,
        DANA,
        "dm:7001-8002",
    )
    assert ours.parts[0].text == "Look at https://x.com/brand/status/2079000000000000001 & tell us"


@pytest.mark.parametrize("name", ["referenced_posts", "referenced_tweets"])
def test_a_shared_post_is_read_under_its_new_and_its_old_name(name: str) -> None:
    (part,) = message(**{name: [{"id": "2079000000000000001"}]}).parts

    assert part.details == {"shared_post_ids": ["2079000000000000001"]}


def test_a_group_is_a_conversation_of_one_number() -> None:
    joined, said, left = the_page()[3:]

    assert isinstance(said, InboundMessage)
    assert (said.conversation_key, said.is_group, said.customer.external_id) == (GROUP, True, "8003")
    assert isinstance(joined, InboundParticipation)
    assert (joined.conversation_key, joined.has_joined) == (GROUP, True)
    assert [person.external_id for person in joined.people] == ["8002", "8003"]
    assert left == InboundParticipation(
        conversation_key=GROUP,
        people=(InboundIdentity(external_id="8003"),),
        has_joined=False,
        at=datetime(2026, 7, 24, 21, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("written", ["7001-8002", "8002-7001"])
def test_a_conversation_of_two_has_one_key_whichever_way_x_writes_it(written: str) -> None:
    assert message(dm_conversation_id=written).conversation_key == "dm:7001-8002"


@pytest.mark.parametrize(
    "event",
    [
        {"sender_id": ""},
        {"dm_conversation_id": ""},
        {"dm_conversation_id": "7001-7001"},
        {"dm_conversation_id": "g2080000000000000777"},
        {"event_type": "MessageFolded"},
        {"event_type": "ParticipantsJoin", "dm_conversation_id": "7001-8002", "participant_ids": ["8002"]},
        {"event_type": "ParticipantsJoin", "dm_conversation_id": "2080000000000000777", "participant_ids": []},
        {"id": ""},
    ],
    ids=str,
)
def test_what_cannot_be_placed_is_kept_as_unsupported(event: dict[str, object]) -> None:
    (found,) = parsed(page_of(**event))

    assert isinstance(found, UnsupportedEvent)


def test_a_medium_that_x_does_not_describe_is_shown_as_unsupported() -> None:
    found = message(text="see https://t.co/aaaa", attachments={"media_keys": ["3_1"]})

    assert [part.kind for part in found.parts] == [PartKind.TEXT, PartKind.UNSUPPORTED]


def test_a_time_that_cannot_be_read_becomes_the_time_received() -> None:
    assert message(created_at="yesterday").sent_at == RECEIVED_AT


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_event_is_read_or_kept_as_unsupported(event: object) -> None:
    body = msgspec.json.encode({"data": [event]})

    assert len(parsed(body)) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 7}', b"\xff", b"[" * 100_000])
def test_what_is_no_page_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadablePayload):
        parsed(body)


def test_an_empty_page_says_nothing() -> None:
    assert parsed(b'{"meta": {"result_count": 0}}') == []


# Asking


def answering(body: bytes) -> Callable[[Received], Canned]:
    return lambda call: Canned(body=body, headers=LIMITS)


def asked(call: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.query).items()}


def test_the_record_is_asked_for_with_all_that_a_page_needs() -> None:
    with canned_server(answering(payload("history_page"))) as server:
        page = channel(server.url).read_history(cursor="", token="18LAA5FFPEKJA52G", limit=50)

    (call,) = server.received
    assert (call.method, call.path) == ("GET", "/2/dm_events")
    assert call.headers["authorization"] == "Bearer user-token"
    said = asked(call)
    assert (said["max_results"], said["pagination_token"]) == ("50", "18LAA5FFPEKJA52G")
    assert said["event_types"] == "MessageCreate,ParticipantsJoin,ParticipantsLeave"
    assert "sender_id" in said["expansions"]
    assert (page.count, page.newest_id, page.next_token) == (6, "2080000000000000009", "18LAA5FFPEKJA52G0G00ZZZZ")
    assert page.body == payload("history_page")
    resets_at = datetime.fromtimestamp(1784929000, UTC)
    assert page.quota == Quota(limit=15, remaining=9, resets_at=resets_at, window=timedelta(minutes=15))


def test_a_server_that_knows_only_the_older_names_is_asked_by_those() -> None:
    def old(call: Received) -> Canned:
        return (
            problem(400, "invalid-request") if "post.fields" in call.query else answering(payload("history_page"))(call)
        )

    with canned_server(old) as server:
        page = channel(server.url).read_history(cursor="", token="", limit=100)

    assert "tweet.fields" in asked(server.received[-1])
    assert page.count == 6


@pytest.mark.parametrize(
    ("cursor", "ends"),
    [("2080000000000000009", True), ("2080000000000000004", True), ("2080000000000000003", False), ("99", False)],
)
def test_a_page_that_reaches_the_cursor_is_the_last(cursor: str, ends: bool) -> None:
    with canned_server(answering(payload("history_page"))) as server:
        page = channel(server.url).read_history(cursor=cursor, token="", limit=100)

    assert (page.next_token == "") is ends


def test_a_success_in_part_is_a_page_that_says_how_much_is_left_out() -> None:
    told = json.loads(page_of()) | {"errors": [{"title": "Not Found", "detail": "gone"}, {"title": "Not Found"}]}

    with canned_server(answering(json.dumps(told).encode())) as server:
        page = channel(server.url).read_history(cursor="", token="", limit=100)

    assert (page.count, page.left_out) == (1, 2)


@pytest.mark.parametrize(
    ("canned", "failure"),
    [
        (coded(429, 88), "throttled"),
        (coded(401, 89), "auth"),
        (problem(403, "client-forbidden"), "config"),
        (problem(429, "usage-capped"), "billing"),
        (Canned(status=502, body=b"<html>"), "transient"),
        (Canned(body=b"<html>"), "transient"),
        (Canned(hangs_up=True), "transient"),
        (Canned(body=b'{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}'), "throttled"),
    ],
    ids=["88", "89", "forbidden", "capped", "gateway", "unreadable", "silence", "errors alone"],
)
def test_a_refusal_has_its_class(canned: Canned, failure: str) -> None:
    with canned_server(lambda call: canned) as server, pytest.raises(SendFailed) as failed:
        channel(server.url).read_history(cursor="", token="", limit=100)

    assert failed.value.failure == failure


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("dm:7001-8002", "/2/dm_conversations/with/8002/dm_events"),
        (GROUP, "/2/dm_conversations/2080000000000000777/dm_events"),
    ],
)
def test_one_conversation_is_asked_for_by_its_other_side_or_its_number(key: str, path: str) -> None:
    with canned_server(answering(page_of())) as server:
        page = channel(server.url).read_conversation(key, with_external_id="8002", limit=20)

    assert server.received[0].path == path
    assert asked(server.received[0])["event_types"] == "MessageCreate"
    assert page.count == 1


@pytest.mark.parametrize(("key", "person"), [("xchat:7001-8002", "8002"), ("dm:7001-8002", "../users")])
def test_a_conversation_without_a_record_is_not_asked_for(key: str, person: str) -> None:
    with canned_server(answering(page_of())) as server, pytest.raises(SendFailed) as failed:
        channel(server.url).read_conversation(key, with_external_id=person, limit=20)

    assert failed.value.failure is FailureClass.CONTENT
    assert server.received == []
