"""OAuth 2.0 at X: an access token lives two hours, and each renewal gives a new refresh token and voids the old."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from helpdesk.channels import http
from helpdesk.channels.access import RenewedAccess
from helpdesk.channels.port import Connection, FailureClass, OutcomeUnknown, SendFailed
from helpdesk.channels.x.payloads import TokenAnswer, TokenRefusal, read

ENDS_AT = "access_ends_at"
"""Kept with the credentials; never asked for."""

_USUAL_LIFE = timedelta(hours=2)
_MANY_YEARS = timedelta(days=3650)

# What RFC 6749 calls the refusals that another try does not change.
_FOR_GOOD = ("invalid_grant", "invalid_request", "invalid_client", "unauthorized_client")


def may_renew(credentials: Mapping[str, str]) -> bool:
    return bool(credentials.get("refresh_token") and credentials.get("client_id"))


def mark_of(credentials: Mapping[str, str]) -> str:
    return sha256(credentials.get("access_token", "").encode()).hexdigest()


def ends_before(credentials: Mapping[str, str], instant: datetime) -> bool:
    try:
        return datetime.fromisoformat(credentials[ENDS_AT]) < instant
    except (KeyError, ValueError, TypeError):
        return False


def renew(connection: Connection, *, at: datetime) -> RenewedAccess:
    """A new access token with the refresh token after it. Raises SendFailed."""
    credentials = connection.credentials
    try:
        answer = http.submit(
            http.Call(
                method="POST",
                url=f"{connection.api_url}/2/oauth2/token",
                headers=_client_authorization(credentials),
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": credentials.get("refresh_token", ""),
                    # A confidential client is known by its header; naming it twice does no harm.
                    "client_id": credentials.get("client_id", ""),
                },
                allow_private_addresses=connection.allow_private_addresses,
            )
        )
    except OutcomeUnknown as unknown:
        raise SendFailed(FailureClass.TRANSIENT, str(unknown), code="no_answer") from unknown
    if not answer.is_success:
        raise _refusal(answer)
    told = read(answer.body, TokenAnswer)
    if told is None:
        raise SendFailed(FailureClass.TRANSIENT, "X's answer about our access cannot be read", code="unreadable")
    return RenewedAccess(credentials=_credentials(told, credentials, at=at))


def _credentials(told: TokenAnswer, old: Mapping[str, str], *, at: datetime) -> dict[str, str]:
    life = timedelta(seconds=told.expires_in) if told.expires_in else _USUAL_LIFE
    return {
        "access_token": told.access_token,
        "refresh_token": told.refresh_token or old["refresh_token"],
        ENDS_AT: (at + min(life, _MANY_YEARS)).astimezone(UTC).isoformat(),
    }


def _client_authorization(credentials: Mapping[str, str]) -> dict[str, str]:
    secret = credentials.get("client_secret", "")
    if not secret:
        return {}
    pair = f"{credentials.get('client_id', '')}:{secret}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}


def _refusal(answer: http.Answer) -> SendFailed:
    """X's own words are left out: they may hold what we sent."""
    told = read(answer.body, TokenRefusal) or TokenRefusal()
    is_for_good = answer.status in (400, 401, 403) and (told.error in _FOR_GOOD or answer.status != 400)
    if is_for_good:
        words = "X refused to renew our access. Let the brand's account authorise the app again and store new tokens."
        return SendFailed(FailureClass.AUTH, words, code=told.error or str(answer.status))
    return SendFailed(
        FailureClass.TRANSIENT, f"X answered {answer.status} when asked to renew our access", code="renew"
    )
