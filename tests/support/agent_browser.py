"""An agent at the console's own pages, without JavaScript: signs in, answers, and tries again as a person would."""

import re
import time
from collections.abc import Callable

import httpx

from tests.support.cast import PASSWORD

TRIES_AGAIN_AFTER = 0.5

# As htmx asks for panes: what the page is made of, without its frame.
_FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Away(Exception):
    """The desk does not answer now."""


class Refused(Exception):
    """The desk said no, in words."""


class AgentBrowser:
    """`keep_trying()` is asked before each new try; False gives up."""

    def __init__(self, url: Callable[[], str], email: str, *, keep_trying: Callable[[], bool]) -> None:
        self._url, self._email, self._keep_trying = url, email, keep_trying
        self.setbacks = 0
        """How often the desk did not answer."""
        self._http = httpx.Client(trust_env=False, timeout=15.0)

    def close(self) -> None:
        self._http.close()

    def sign_in(self) -> None:
        page = self._until_there(lambda: self._get("/sign-in/staff"))
        form = {"csrf_token": _hidden(page.text, "csrf_token"), "name": self._email, "password": PASSWORD}
        answer = self._until_there(lambda: self._post("/sign-in/staff", form))
        if answer.status_code not in (302, 303):
            raise Refused(f"{answer.status_code} at sign-in")

    def reply(self, ticket_id: int, text: str) -> None:
        """Read the ticket and answer; returns once the desk has said yes. The same key at every try.

        When the customer wrote meanwhile, what came is read and the reply submitted again. Raises Refused.
        """
        path = f"/console/tickets/{ticket_id}"
        page = self._until_there(lambda: self._get(path, _FRAGMENT))
        form = {name: _hidden(page.text, name) for name in ("csrf_token", "key", "seen")} | {"body": text}
        while True:
            answer = self._until_there(lambda: self._post(f"{path}/replies", form))
            if answer.status_code == 303:
                return
            if answer.status_code != 409:
                raise Refused(f"{answer.status_code} for {text!r}")
            form["seen"] = _hidden(answer.text, "seen")

    def decide(self, ticket_id: int, message_id: int, decision: str) -> None:
        """Retry, discard or send past a reply. That it is no longer to be decided is fine."""
        path = f"/console/tickets/{ticket_id}"
        page = self._until_there(lambda: self._get(path, _FRAGMENT))
        form = {"csrf_token": _hidden(page.text, "csrf_token"), "decision": decision}
        self._until_there(lambda: self._post(f"{path}/deliveries/{message_id}", form))

    def _until_there(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        while True:
            try:
                return call()
            except Away:
                self.setbacks += 1
                if not self._keep_trying():
                    raise
                time.sleep(TRIES_AGAIN_AFTER)

    def _get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self._answered(lambda: self._http.get(self._url() + path, headers=headers))

    def _post(self, path: str, form: dict[str, str]) -> httpx.Response:
        return self._answered(lambda: self._http.post(self._url() + path, data=form))

    def _answered(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            answer = call()
        except httpx.HTTPError as error:
            raise Away(str(error)) from error
        if answer.status_code >= 500:
            raise Away(f"{answer.status_code}")
        return answer


def _hidden(page: str, name: str) -> str:
    """The value of the composer's, or the form's, hidden field. Raises Away: half a page is none."""
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    if found is None:
        raise Away(f"the page has no {name}")
    return found[1]
