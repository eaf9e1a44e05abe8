"""X's webhook signature and its check of our address (CRC), both under the app's consumer secret."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from helpdesk.channels.port import BadSignature, Handshake, UnreadablePayload

HEADER = "x-twitter-webhooks-signature"

# The answer to a CRC is a signature, under the same key, over words that the caller chose: a token that could be
# read as a webhook body would hand anyone a valid signature for it. These characters never make a JSON object.
_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~:]{1,512}", re.ASCII)


def sign(secret: str, content: bytes) -> str:
    """The signature as X writes it: "sha256=" and base64."""
    digest = hmac.digest(secret.encode(), content, hashlib.sha256)
    return "sha256=" + base64.b64encode(digest).decode()


def check_signature(secret: str, given: str, *signed: bytes) -> None:
    """Raises BadSignature unless `given` is the signature over one of `signed`, compared in constant time."""
    if not secret:
        raise BadSignature("The account has no consumer secret")
    matches = [hmac.compare_digest(sign(secret, content).encode(), given.encode()) for content in signed]
    if not any(matches):
        raise BadSignature("The signature is missing or is not X's")


def answer_crc(secret: str, query: Mapping[str, str], given: str) -> Handshake:
    """The answer to a CRC; its legacy form carries a nonce and may be signed.

    Raises UnreadablePayload when it is no CRC, BadSignature when it is signed wrongly.
    """
    token = query.get("crc_token", "")
    if not _TOKEN.fullmatch(token):
        raise UnreadablePayload("The call has no crc_token of the kind that X sends")
    if given:
        check_signature(secret, given, *_signed_forms(token, query.get("nonce", "")))
    if not secret:
        raise BadSignature("The account has no consumer secret")
    body = msgspec.json.encode({"response_token": sign(secret, token.encode())})
    return Handshake(body=body, content_type="application/json")


def _signed_forms(token: str, nonce: str) -> tuple[bytes, bytes]:
    """The query string as it was before and after its characters were escaped: the manual does not say which."""
    plain = f"crc_token={token}&nonce={nonce}"
    escaped = urlencode({"crc_token": token, "nonce": nonce})
    return plain.encode(), escaped.encode()
