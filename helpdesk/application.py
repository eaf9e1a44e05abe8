"""Flask, with a bare way in for networks.

Pages need a session, limits by address, a CSRF check and headers for browsers; a network's call needs none of them,
and each costs it more than checking the signature does.
"""

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue

NETWORKS = "webhooks"
"""The blueprint of what networks call; none of its routes is open to anybody else."""


class _PeoplesSessions(SecureCookieSessionInterface):
    """A session is opened before the address is matched, so the address itself tells."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(f"/{NETWORKS}/") else super().open_session(app, request)


class Application(Flask):
    session_interface = _PeoplesSessions()

    def preprocess_request(self) -> ResponseReturnValue | None:
        return None if request.blueprint == NETWORKS else super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        return response if request.blueprint == NETWORKS else super().process_response(response)
