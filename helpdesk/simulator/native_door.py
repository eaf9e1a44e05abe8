"""The messenger's front door for the crowd: pages, forms and cookies, as a member's browser uses them."""

import re
from dataclasses import dataclass, field
from html import unescape
from uuid import uuid4

import httpx

from helpdesk.simulator.crowd_doors import DoorClosed, Person, Reply

PASSWORD = "one of the crowd 1"  # noqa: S105 -- opens simulated accounts only
LONGEST_USERNAME = 20

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_VERSION = re.compile(r'id="conversation-version" value="(\d+)"')
_ANSWER = re.compile(r'<li class="message message--in[^"]*" id="message-([^"]+)".*?</li>', re.DOTALL)
_WORDS = re.compile(r'<div class="bubble[^"]*"[^>]*>(.*?)</div>', re.DOTALL)
_PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class _Browser:
    """One person's cookies, and how far they have read."""

    person: Person
    client: httpx.Client
    token: str = ""
    address: str = ""
    """Of the conversation with the brand; "" before the first message."""
    version: int = 0
    heard: set[str] = field(default_factory=set)


class MessengerDoor:
    """The native network, through the messenger of a running installation."""

    name: str = "native"

    def __init__(self, url: str, *, brand: str) -> None:
        """`url` is where the web server listens; `brand` the handle that the crowd writes to."""
        self._url, self._brand = url.rstrip("/"), brand
        self._browsers: dict[str, _Browser] = {}

    def sign_in(self, person: Person) -> None:
        """Sign in as this person, who signs up at the first time. Raises DoorClosed."""
        self._browser(person)

    def write(self, person: Person, text: str, photo: bytes | None) -> None:
        browser = self._browser(person)
        files = {"files": ("photo.jpg", photo, "image/jpeg")} if photo is not None else None
        form = {"csrf_token": browser.token, "key": str(uuid4()), "body": text}
        where = browser.address or f"/messages/with/{self._brand}"
        answer = self._call(browser, "POST", where, data=form, files=files, headers=_PARTIAL)
        browser.address = answer.headers.get("HX-Redirect", browser.address)

    def new_replies(self) -> list[Reply]:
        return [reply for browser in list(self._browsers.values()) for reply in self._heard_by(browser)]

    def mark_read(self, person: Person) -> None:
        browser = self._browser(person)
        if browser.address:
            self._call(browser, "GET", browser.address)

    def _heard_by(self, browser: _Browser) -> list[Reply]:
        if not browser.address:
            return []
        where = f"{browser.address}/changes"
        answer = self._call(browser, "GET", where, params={"since": str(browser.version)}, headers=_PARTIAL)
        if version := _VERSION.search(answer.text):
            browser.version = int(version[1])
        replies = [(found[1], _words_of(found[0])) for found in _ANSWER.finditer(answer.text)]
        new = [(key, text) for key, text in replies if key not in browser.heard]
        browser.heard.update(key for key, _ in new)
        return [Reply(username=browser.person.username, text=text) for _, text in new]

    def _browser(self, person: Person) -> _Browser:
        if person.username not in self._browsers:
            client = httpx.Client(base_url=self._url, timeout=20.0, trust_env=False, follow_redirects=True)
            browser = _Browser(person=person, client=client)
            self._enter(browser)
            self._browsers[person.username] = browser
        return self._browsers[person.username]

    def _enter(self, browser: _Browser) -> None:
        username = _username_of(browser.person)
        browser.token = _token_in(self._call(browser, "GET", "/sign-in"))
        known = {"csrf_token": browser.token, "name": username, "password": PASSWORD}
        answer = self._call(browser, "POST", "/sign-in", data=known, refused_is_fine=True)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            new = {"csrf_token": browser.token, "username": username, "name": browser.person.name, "password": PASSWORD}
            answer = self._call(browser, "POST", "/sign-up", data=new)
        inbox = self._call(browser, "GET", f"/messages/with/{self._brand}")
        browser.token = _token_in(inbox)
        if "/with/" not in inbox.url.path:
            browser.address = inbox.url.path

    def _call(
        self,
        browser: _Browser,
        method: str,
        path: str,
        *,
        data: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        refused_is_fine: bool = False,
    ) -> httpx.Response:
        try:
            answer = browser.client.request(method, path, data=data, files=files, params=params, headers=headers)
        except httpx.HTTPError as error:
            raise DoorClosed(f"{self.name}: {error}") from error
        if answer.is_error and not (refused_is_fine and answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY):
            raise DoorClosed(f"{self.name}: {method} {path} answered {answer.status_code}")
        return answer


def _username_of(person: Person) -> str:
    """As the network takes it: its last characters count up, so those stay."""
    return person.username[-LONGEST_USERNAME:].strip("_").ljust(3, "0")


def _token_in(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    if found is None:
        raise DoorClosed(f"no form in {page.url.path}")
    return unescape(found[1])


def _words_of(row: str) -> str:
    return "\n".join(unescape(words).strip() for words in _WORDS.findall(row))
