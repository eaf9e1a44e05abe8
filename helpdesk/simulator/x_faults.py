"""What X answers when it refuses, by code, by problem or by what it means for the sender; and how it can go silent."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

Where = Literal["send", "upload", "download", "read", "token", "connect"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    status: int = 0
    body: dict[str, Any] | None = None
    """None: a page that X did not write."""
    is_taken: bool = False
    """The message is accepted all the same."""
    answers: bool = True
    hangs: bool = False
    """Without an answer: whether the connection stays open for a long time or is closed at once."""


CODES: dict[int, tuple[int, str]] = {
    17: (404, "No user matches for specified terms."),
    32: (401, "Could not authenticate you."),
    34: (404, "Sorry, that page does not exist."),
    50: (404, "User not found."),
    63: (403, "User has been suspended."),
    64: (403, "Your account is suspended and is not permitted to access this feature."),
    88: (429, "Rate limit exceeded"),
    89: (401, "Invalid or expired token."),
    93: (403, "This application is not allowed to access or delete your direct messages."),
    130: (503, "Over capacity"),
    131: (500, "Internal error"),
    135: (401, "Timestamp out of bounds."),
    150: (403, "You cannot send messages to users who are not following you."),
    151: (403, "There was an error sending your message."),
    187: (403, "Status is a duplicate."),
    214: (403, "Bad request."),
    215: (400, "Bad Authentication data."),
    226: (403, "This request looks like it might be automated."),
    261: (403, "Application cannot perform write actions."),
    324: (400, "The validation of media ids failed."),
    325: (400, "A media id was not found."),
    326: (403, "To protect our users from spam, this account has been temporarily locked."),
    349: (403, "You cannot send messages to this user."),
    354: (403, "The text of your direct message is over the max character limit."),
    355: (409, "Subscription already exists."),
    476: (403, "You must be verified to send message requests to this user."),
}

_PROBLEMS: dict[str, int] = {
    "invalid-request": 400,
    "resource-not-found": 404,
    "resource-unavailable": 403,
    "not-authorized-for-resource": 403,
    "not-authorized-for-field": 403,
    "disallowed-resource": 403,
    "client-forbidden": 403,
    "unsupported-authentication": 403,
    "usage-capped": 429,
    "rate-limit-exceeded": 429,
    "internal-error": 500,
}

_SENDER_SEES: dict[str, str] = {
    "transient": "130",
    "throttled": "88",
    "recipient": "349",
    "content": "354",
    "auth": "89",
    "account": "326",
    "config": "93",
    "billing": "usage-capped",
}

_SILENCES: dict[str, Fault] = {
    "hang": Fault(is_taken=True, answers=False, hangs=True),
    "drop": Fault(is_taken=True, answers=False),
    "lost": Fault(answers=False),
    "gateway": Fault(status=502),
    "gateway-taken": Fault(status=502, is_taken=True),
}

NAMES = sorted([*map(str, CODES), *_PROBLEMS, *_SENDER_SEES, *_SILENCES])


def fault_named(name: str | int) -> Fault:
    """A code (349), a problem ("usage-capped"), a class ("recipient") or a silence.

    Silences: "hang" takes the message and does not answer, "drop" takes it and closes, "lost" closes without
    taking it, "gateway" answers 502 for X, "gateway-taken" likewise although X took it. Raises KeyError.
    """
    name = str(name)
    if name in _SILENCES:
        return _SILENCES[name]
    name = _SENDER_SEES.get(name, name)
    if name in _PROBLEMS:
        return problem(_PROBLEMS[name], name)
    status, message = CODES[int(name)] if name.isdigit() else CODES[-1]
    return Fault(status=status, body={"errors": [{"code": int(name), "message": message}]})


def problem(status: int, name: str, detail: str = "") -> Fault:
    return Fault(
        status=status,
        body={
            "title": name.replace("-", " ").title(),
            "type": f"https://api.x.com/2/problems/{name}",
            "status": status,
            "detail": detail or f"The request failed: {name}.",
        },
    )


def unauthorized() -> Fault:
    body = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    return Fault(status=401, body=body)


class Faults:
    """What is to go wrong next, in order, at each kind of call."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = {}
        self._lock = Lock()

    def add(self, where: Where, fault: Fault, times: int = 1) -> None:
        with self._lock:
            self._waiting.setdefault(where, deque()).extend([fault] * times)

    def take(self, where: Where) -> Fault | None:
        with self._lock:
            waiting = self._waiting.get(where)
            return waiting.popleft() if waiting else None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
