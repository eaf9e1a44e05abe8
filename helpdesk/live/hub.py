"""One listener per web process hands notices to its open pages.

A page holds a set of changed subjects and an event, not a queue: it cannot grow, and a burst becomes one event.
Whether a page may hear a notice is asked when the notice is dispatched, not when the page subscribed. The rights
it is asked by are those that the page was opened with, so a page whose rights may have changed unheard is ended:
it comes back with new ones.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
from redis.exceptions import RedisError

from helpdesk.extensions import redis_connection
from helpdesk.live.notices import PEOPLE_CHANGED, Notice, redis_channel

logger = logging.getLogger(__name__)

COALESCE_SECONDS = 0.2
PING_SECONDS = 15.0
HELLO_SECONDS = 45.0
_FIRST_RECONNECT_SECONDS, _LAST_RECONNECT_SECONDS = 0.2, 5.0
_SUBSCRIBED_WITHIN_SECONDS = 1.0

Hears = Callable[[Notice], bool]


class Page:
    """One open event stream."""

    def __init__(self, hears: Hears, ends: Hears) -> None:
        self.hears, self.ends = hears, ends
        self.is_over = False
        self.ready = threading.Event()
        self._changed: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, subjects: tuple[str, ...]) -> None:
        with self._lock:
            self._changed.update(subjects)
        self.ready.set()

    def end(self) -> None:
        self.is_over = True
        self.ready.set()

    def take_changed(self) -> set[str]:
        self.ready.clear()
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed


class Hub:
    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._is_subscribed = threading.Event()
        self._rights_changed = 0
        self._is_closing = False

    def listen(self) -> int:
        """Listen from now on, if nobody does yet; how often rights have changed so far.

        Called before rights are read and given to `stream`, so that no change between the two goes unheard.
        """
        with self._lock:
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="live", daemon=True)
                self._listener.start()
        self._is_subscribed.wait(timeout=_SUBSCRIBED_WITHIN_SECONDS)
        return self._rights_changed

    def stream(self, hears: Hears, ends: Hears, *, as_of: int) -> Iterator[str]:
        """Server-sent events for one page: `hello` first, then `changed` with subjects between spaces.

        `hears` decides for each notice whether this page may be told; `ends` whether it ends the stream, because
        the person's rights changed. `as_of` is what `listen` said before the rights were read. Holds no database
        connection.
        """
        page = Page(hears, ends)
        self._join(page)
        if self._rights_changed != as_of:
            page.end()
        said_hello_at = -HELLO_SECONDS
        try:
            yield "retry: 1000\n\n"
            while not self._is_closing and not page.is_over:
                if time.monotonic() - said_hello_at >= HELLO_SECONDS:
                    said_hello_at = time.monotonic()
                    yield "event: hello\ndata: \n\n"
                if page.ready.wait(timeout=PING_SECONDS):
                    yield from self._changes(page)
                else:
                    # A write is the only way to notice that a page has gone.
                    yield ": ping\n\n"
            yield "event: bye\ndata: \n\n"
        finally:
            self._leave(page)

    def _changes(self, page: Page) -> Iterator[str]:
        """What changed, once the burst is over; nothing for a page that has ended meanwhile."""
        time.sleep(COALESCE_SECONDS)
        changed = page.take_changed()
        if changed and not page.is_over:
            yield f"event: changed\ndata: {' '.join(sorted(changed))}\n\n"

    def close(self) -> None:
        """Say goodbye to every page: this process is to go."""
        self._is_closing = True
        for page in self._snapshot():
            page.ready.set()

    def dispatch(self, notice: Notice) -> None:
        if notice.subjects == PEOPLE_CHANGED:
            self._rights_changed += 1
        for page in self._snapshot():
            if page.ends(notice):
                page.end()
            elif page.hears(notice):
                page.tell(notice.subjects)

    def _snapshot(self) -> list[Page]:
        with self._lock:
            return list(self._pages)

    def _join(self, page: Page) -> None:
        with self._lock:
            self._pages.add(page)

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
                self._is_subscribed.clear()
                time.sleep(pause)
                pause = min(2 * pause, _LAST_RECONNECT_SECONDS)

    def _listen_once(self) -> None:
        client = redis_connection.make(socket_timeout=None, health_check_interval=20)
        with client.pubsub() as subscription:
            subscription.subscribe(redis_channel())
            while not self._is_closing:
                message = subscription.get_message(timeout=5.0)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._subscribed()
                elif message["type"] == "message":
                    self._dispatch_raw(message["data"])

    def _subscribed(self) -> None:
        """Publish and subscribe forgets: until now, no open page could hear what changed, its own rights among it."""
        self._rights_changed += 1
        for page in self._snapshot():
            page.end()
        self._is_subscribed.set()

    def _dispatch_raw(self, data: bytes) -> None:
        try:
            self.dispatch(msgspec.json.decode(data, type=Notice))
        except msgspec.DecodeError:
            logger.warning("live notice not understood")


hub = Hub()
