"""OAuth 2.0 on the made-up X: access that ends, refresh tokens that turn with each use, an authorisation withdrawn."""

import base64
import secrets
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpdesk import clock
from helpdesk.simulator.x_answers import fault_answer, json_answer

if TYPE_CHECKING:
    from helpdesk.simulator.x_platform import XPlatform

# Nobody's secrets: they open a made-up X on loopback.
CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105
REFRESH_TOKEN = "simulated-refresh-token"  # noqa: S105

LIFE = timedelta(hours=2)


class OAuthApi:
    """The token endpoint. Access does not end until `end_access`, or `LIFE` after a renewal."""

    routes = Map([Rule("/2/oauth2/token", endpoint="token", methods=["POST"])])

    def __init__(self, platform: "XPlatform") -> None:
        self.platform = platform
        self.client_id, self.client_secret = CLIENT_ID, CLIENT_SECRET
        self.refresh_token = REFRESH_TOKEN
        self.life = LIFE
        self.renewals = 0
        self.reused = 0
        """Renewals asked with a token that had been used: a helpdesk that lets two renew at once shows here."""
        self._ends_at: datetime | None = None
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def token(self, request: Request) -> Response:
        fault = self.platform.faults.take("token")
        if fault is not None and not fault.is_taken:
            return fault_answer(fault)
        if not self._is_client(request):
            return json_answer(
                401, {"error": "unauthorized_client", "error_description": "Missing valid authorization"}
            )
        given = request.form.get("refresh_token", "")
        with self._lock:
            self.reused += given in self._used
            if request.form.get("grant_type") != "refresh_token" or not given or given != self.refresh_token:
                told = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
                return json_answer(400, told)
            self._used.add(given)
            answer = self._renew()
        return json_answer(200, answer) if fault is None else fault_answer(fault)

    def _renew(self) -> dict[str, object]:
        self.renewals += 1
        self.platform.access_token = f"access-{secrets.token_hex(8)}"
        self.refresh_token = f"refresh-{secrets.token_hex(8)}"
        self._ends_at = clock.now() + self.life
        return {
            "token_type": "bearer",
            "expires_in": int(self.life.total_seconds()),
            "access_token": self.platform.access_token,
            "refresh_token": self.refresh_token,
            "scope": "dm.read dm.write tweet.read users.read media.write offline.access",
        }

    def _is_client(self, request: Request) -> bool:
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return request.headers.get("Authorization", "") == f"Basic {pair}"

    def end_access(self) -> None:
        """The access token's time is over; the refresh token still works."""
        self.platform.access_token = ""

    def withdraw(self) -> None:
        """The brand withdraws its authorisation: neither token works any more, and nothing tells of it."""
        self.platform.access_token = self.refresh_token = ""

    def end_what_is_over(self) -> None:
        if self._ends_at is not None and clock.now() >= self._ends_at:
            self.end_access()
