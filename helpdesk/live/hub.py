"""One listener per web process hands notices to its open pages.

A page holds a set of changed subjects and an event, not a queue: it cannot grow, and a burst becomes one event.
Whether a page may hear a notice is asked when the notice is dispatched, not when the page subscribed.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
from redis.exceptions import RedisError

from helpdesk.extensions import redis_connection
from helpdesk.live.notices import Notice, redis_channel

logger = logging.getLogger(__name__)

COALESCE_SECONDS = 0.2
PING_SECONDS = 15.0
HELLO_SECONDS = 45.0
_FIRST_RECONNECT_SECONDS, _LAST_RECONNECT_SECONDS = 0.2, 5.0

Hears = Callable[[Notice], bool]


class Page:
    """One open event stream."""

    def __init__(self, hears: Hears, ends: Hears) -> None:
        self.hears, self.ends = hears, ends
        self.changed: set[str] = set()
        self.says_hello = True
        self.is_over = False
        self.ready = threading.Event()
        self.ready.set()


class Hub:
    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._is_closing = False

    def stream(self, hears: Hears, ends: Hears) -> Iterator[str]:
        """Server-sent events for one page: `hello` first, then `changed` with subjects between spaces.

        `hears` decides for each notice whether this page may be told; `ends` whether it ends the stream, because
        the person's rights changed and the page is to come back with new ones. Holds no database connection.
        """
        page = Page(hears, ends)
        self._join(page)
        said_hello_at = 0.0
        try:
            yield "retry: 1000\n\n"
            while not self._is_closing and not page.is_over:
                if page.says_hello or time.monotonic() - said_hello_at > HELLO_SECONDS:
                    page.says_hello, said_hello_at = False, time.monotonic()
                    yield "event: hello\ndata: \n\n"
                if page.ready.wait(timeout=PING_SECONDS):
                    time.sleep(COALESCE_SECONDS)
                    page.ready.clear()
                    changed, page.changed = page.changed, set()
                    if changed:
                        yield f"event: changed\ndata: {' '.join(sorted(changed))}\n\n"
                else:
                    # A write is the only way to notice that a page has gone.
                    yield ": ping\n\n"
            yield "event: bye\ndata: \n\n"
        finally:
            self._leave(page)

    def close(self) -> None:
        """Say goodbye to every page: this process is to go."""
        self._is_closing = True
        for page in self._snapshot():
            page.ready.set()

    def dispatch(self, notice: Notice) -> None:
        for page in self._snapshot():
            if page.ends(notice):
                page.is_over = True
                page.ready.set()
            elif page.hears(notice):
                page.changed.update(notice.subjects)
                page.ready.set()

    def _snapshot(self) -> list[Page]:
        with self._lock:
            return list(self._pages)

    def _join(self, page: Page) -> None:
        with self._lock:
            self._pages.add(page)
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="live", daemon=True)
                self._listener.start()

    def _leave(self, page: Page) -> None:
        with self._lock:
            self._pages.discard(page)

    def _listen(self) -> None:
        pause = _FIRST_RECONNECT_SECONDS
        while not self._is_closing:
            try:
                self._listen_once()
                pause = _FIRST_RECONNECT_SECONDS
            except (RedisError, OSError):
                logger.warning("live notices interrupted")
                time.sleep(pause)
                pause = min(2 * pause, _LAST_RECONNECT_SECONDS)

    def _listen_once(self) -> None:
        # Publish and subscribe forgets: after every (re)connection all pages ask with their version.
        client = redis_connection.make(socket_timeout=None, health_check_interval=20)
        with client.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(redis_channel())
            self._greet_all()
            while not self._is_closing:
                message = subscription.get_message(timeout=5.0)
                if message is not None:
                    self._dispatch_raw(message["data"])

    def _greet_all(self) -> None:
        for page in self._snapshot():
            page.says_hello = True
            page.ready.set()

    def _dispatch_raw(self, data: bytes) -> None:
        try:
            self.dispatch(msgspec.json.decode(data, type=Notice))
        except msgspec.DecodeError:
            logger.warning("live notice not understood")


hub = Hub()
