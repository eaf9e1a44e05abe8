"""The ways by which the crowd's people reach a brand and hear from it."""

import base64
from dataclasses import dataclass
from typing import Protocol

import httpx


@dataclass(frozen=True, kw_only=True)
class Person:
    username: str
    name: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Something that the brand wrote to one of the crowd."""

    username: str
    text: str


class DoorClosed(Exception):
    """The network cannot be reached or does not take this now; the person tries again later."""


class Door(Protocol):
    """One network, as the people of the crowd use it. Every call may raise DoorClosed."""

    name: str

    def write(self, person: Person, text: str, photo: bytes | None) -> None:
        """Send the brand a message, with a JPEG or without."""

    def new_replies(self) -> list[Reply]:
        """What the brand wrote since the last call, oldest first, to whomever."""

    def mark_read(self, person: Person) -> None:
        """Open the conversation, so that the brand sees its messages read."""


class NativeDoor(Door, Protocol):
    """The messenger of this installation, entered as a member does: by its own pages."""

    def sign_in(self, person: Person) -> None:
        """Sign in as this person, who signs up at the first time. Raises DoorClosed."""


class XDoor:
    """X, through the controls of its simulator."""

    name: str = "x"

    def __init__(self, url: str) -> None:
        """`url` is where the simulator listens."""
        self._client = httpx.Client(base_url=f"{url.rstrip('/')}/_control/", timeout=10.0, trust_env=False)
        self._heard_up_to = "0"

    def write(self, person: Person, text: str, photo: bytes | None) -> None:
        fields = {"from": person.username, "name": person.name, "text": text}
        if photo is not None:
            fields["photo_base64"] = base64.b64encode(photo).decode()
        self._call("POST", "write", json=fields)

    def new_replies(self) -> list[Reply]:
        answer = self._call("GET", "messages", params={"after": self._heard_up_to})
        messages = answer.json()["messages"]
        self._heard_up_to = messages[-1]["id"] if messages else self._heard_up_to
        return [
            Reply(username=message["customer"], text=message["text"])
            for message in messages
            if message["is_from_brand"]
        ]

    def mark_read(self, person: Person) -> None:
        self._call("POST", "read", json={"from": person.username})

    def _call(
        self, method: str, verb: str, *, json: object = None, params: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            return self._client.request(method, verb, json=json, params=params).raise_for_status()
        except httpx.HTTPError as error:
            raise DoorClosed(f"{self.name}: {error}") from error
