"""The hub: what an open page is told, and when its stream ends."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis

from helpdesk.live import hub as hub_module
from helpdesk.live.hub import Hears, Hub
from helpdesk.live.notices import PEOPLE_CHANGED, Notice, publish, redis_channel

RETRY, HELLO, BYE = "retry: 1000\n\n", "event: hello\ndata: \n\n", "event: bye\ndata: \n\n"

TICKET = Notice(subjects=("ticket-12", "queues"), brand_id=1, team_id=2)
OTHER_TICKET = Notice(subjects=("ticket-13", "queues"), brand_id=1, team_id=3)
RIGHTS = Notice(subjects=PEOPLE_CHANGED)


@pytest.fixture
def hub(app: Flask, redis: Redis) -> Iterator[Hub]:
    """A hub of its own, on this worker's Redis."""
    hub = Hub()
    yield hub
    hub.close()


def hears_team_2(notice: Notice) -> bool:
    return notice.team_id == 2


def ends_with_rights(notice: Notice) -> bool:
    return notice.subjects == PEOPLE_CHANGED


def greeted(hub: Hub, hears: Hears = hears_team_2) -> Iterator[str]:
    """A page that has been told hello."""
    page = hub.stream(hears, ends_with_rights, as_of=hub.listen())
    assert [next(page), next(page)] == [RETRY, HELLO]
    return page


def changed(*subjects: str) -> str:
    return f"event: changed\ndata: {' '.join(subjects)}\n\n"


def test_a_page_hears_what_it_may(hub: Hub) -> None:
    page = greeted(hub)

    hub.dispatch(TICKET)

    assert next(page) == changed("queues", "ticket-12")


def test_a_page_hears_nothing_that_it_may_not(hub: Hub) -> None:
    page = greeted(hub)

    hub.dispatch(OTHER_TICKET)
    hub.dispatch(TICKET)

    assert next(page) == changed("queues", "ticket-12")


def test_whether_it_may_is_asked_when_the_notice_comes(hub: Hub) -> None:
    teams = {2}
    page = greeted(hub, lambda notice: notice.team_id in teams)
    teams.clear()
    teams.add(3)

    hub.dispatch(TICKET)
    hub.dispatch(OTHER_TICKET)

    assert next(page) == changed("queues", "ticket-13")


def test_a_burst_becomes_one_event(hub: Hub) -> None:
    page = greeted(hub)

    for n in range(200):
        hub.dispatch(Notice(subjects=(f"ticket-{n % 3}", "queues"), brand_id=1, team_id=2))

    assert next(page) == changed("queues", "ticket-0", "ticket-1", "ticket-2")


def test_changed_rights_end_the_stream_before_anything_else_is_told(hub: Hub) -> None:
    page = greeted(hub)

    hub.dispatch(TICKET)
    hub.dispatch(RIGHTS)

    assert list(page) == [BYE]


def test_rights_that_changed_while_they_were_read_end_the_stream_at_once(hub: Hub) -> None:
    as_of = hub.listen()
    hub.dispatch(RIGHTS)

    assert list(hub.stream(hears_team_2, ends_with_rights, as_of=as_of)) == [RETRY, BYE]


def test_closing_says_bye_to_every_page(hub: Hub) -> None:
    pages = [greeted(hub), greeted(hub)]

    hub.close()

    assert [list(page) for page in pages] == [[BYE], [BYE]]


def test_hello_is_said_again_so_that_a_lost_notice_heals(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HELLO_SECONDS", 0.0)
    page = greeted(hub)

    hub.dispatch(TICKET)

    assert [next(page), next(page)] == [changed("queues", "ticket-12"), HELLO]


def test_a_silent_page_is_pinged(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PING_SECONDS", 0.01)

    assert next(greeted(hub)) == ": ping\n\n"


def test_a_page_that_went_is_forgotten(hub: Hub) -> None:
    page = greeted(hub)

    page.close()  # type: ignore[attr-defined]

    assert hub._pages == set()


def test_what_is_published_in_redis_reaches_the_page(hub: Hub) -> None:
    page = greeted(hub)

    publish(OTHER_TICKET)
    publish(TICKET)

    assert next(page) == changed("queues", "ticket-12")


def test_what_is_no_notice_is_passed_over(hub: Hub, redis: Redis) -> None:
    page = greeted(hub)

    redis.publish(redis_channel(), b"{nonsense")
    publish(TICKET)

    assert next(page) == changed("queues", "ticket-12")


def test_after_a_lost_subscription_pages_come_back_with_the_rights_of_now(hub: Hub, redis: Redis) -> None:
    page = greeted(hub)
    ended = threading.Event()
    told: list[str] = []

    def listen() -> None:
        told.extend(page)
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    redis.client_kill_filter(_type="pubsub")

    assert ended.wait(timeout=10)
    assert told == [BYE]
