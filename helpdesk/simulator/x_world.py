"""What the stand-in of X knows: people, what they wrote, who has read how far, who takes no messages."""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from helpdesk import clock

SNOWFLAKE_EPOCH_MS = 1288834974657


@dataclass(frozen=True, kw_only=True)
class User:
    id: str
    username: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Medium:
    id: str
    mime: str
    content: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        if self.mime == "image/gif":
            return "animated_gif"
        return "video" if self.mime.startswith("video/") else "photo"

    @property
    def file_name(self) -> str:
        ending = {"photo": self.mime.rpartition("/")[2], "video": "mp4", "animated_gif": "mp4"}[self.kind]
        return f"m{self.id}.{ending.replace('jpeg', 'jpg')}"


@dataclass(frozen=True, kw_only=True)
class DirectMessage:
    id: str
    sender_id: str
    recipient_id: str
    text: str
    created_at: datetime
    medium: Medium | None = None
    is_encrypted: bool = False
    """Written in the encrypted chat, which the record of DMs knows nothing of."""


class Ids:
    """Ids in the manner of X: milliseconds since its own epoch in the high bits, always growing."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> str:
        with self._lock:
            milliseconds = int(clock.now().timestamp() * 1000) - SNOWFLAKE_EPOCH_MS
            self._last = max(self._last + 1, milliseconds << 22)
            return str(self._last)


class World:
    """State behind one lock; what it hands out does not change."""

    def __init__(self, brand: User) -> None:
        self.brand = brand
        self.ids = Ids()
        self._lock = threading.Lock()
        self._users = {brand.id: brand}
        self._messages: list[DirectMessage] = []
        self._read_up_to: dict[str, str] = {}
        self._closed_to_us: set[str] = set()

    def customer(self, username: str, name: str = "") -> User:
        """The customer of that name, made at the first call; the id stays the same over restarts."""
        user = User(id=_id_for(username), username=username, name=name or username.replace("_", " ").title())
        with self._lock:
            known = self._users.get(user.id)
            if known is None or (name and known.name != name):
                self._users[user.id] = user
            return self._users[user.id]

    def user(self, user_id: str) -> User | None:
        with self._lock:
            return self._users.get(user_id)

    def users(self, ids: Iterable[str]) -> list[User]:
        with self._lock:
            return [self._users[user_id] for user_id in dict.fromkeys(ids) if user_id in self._users]

    def write(
        self,
        sender_id: str,
        recipient_id: str,
        text: str,
        *,
        medium: Medium | None = None,
        at: datetime | None = None,
        is_encrypted: bool = False,
    ) -> DirectMessage:
        message = DirectMessage(
            id=self.ids.next(),
            sender_id=sender_id,
            recipient_id=recipient_id,
            text=text,
            created_at=_to_the_millisecond(at or clock.now()),
            medium=medium,
            is_encrypted=is_encrypted,
        )
        with self._lock:
            self._messages.append(message)
        return message

    def messages(self, *, sender_id: str = "", between: str = "", after: str = "0") -> list[DirectMessage]:
        """In the order they were written; `between` keeps one customer's conversation, `after` what has a larger id."""
        with self._lock:
            found = list(self._messages)
        return [
            message
            for message in found
            if (not sender_id or message.sender_id == sender_id)
            and (not between or between in (message.sender_id, message.recipient_id))
            and int(message.id) > int(after)
        ]

    def message(self, message_id: str) -> DirectMessage | None:
        return next((message for message in self.messages() if message.id == message_id), None)

    def read(self, reader_id: str, up_to: str) -> None:
        with self._lock:
            self._read_up_to[reader_id] = up_to

    def read_up_to(self, reader_id: str) -> str:
        with self._lock:
            return self._read_up_to.get(reader_id, "0")

    def close_to_us(self, user_id: str, *, is_closed: bool) -> None:
        """Whether this customer takes no messages from the brand."""
        with self._lock:
            (self._closed_to_us.add if is_closed else self._closed_to_us.discard)(user_id)

    def is_closed_to_us(self, user_id: str) -> bool:
        with self._lock:
            return user_id in self._closed_to_us


def _to_the_millisecond(at: datetime) -> datetime:
    """X's times have milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def _id_for(username: str) -> str:
    return str(10**9 + int.from_bytes(hashlib.sha256(username.encode()).digest()[:5], "big"))
