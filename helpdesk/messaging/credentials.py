"""Channel credentials at rest: JSON, encrypted with a key made from SECRET_KEY."""

import base64
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from helpdesk.errors import HelpdeskError


class UnreadableCredentials(HelpdeskError):
    """They were written with another SECRET_KEY."""


def seal(credentials: Mapping[str, str], secret_key: str) -> bytes:
    return _cipher(secret_key).encrypt(msgspec.json.encode(dict(credentials)))


def unseal(sealed: bytes, secret_key: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(_cipher(secret_key).decrypt(sealed), type=dict[str, str])
    except InvalidToken as error:
        raise UnreadableCredentials("these credentials were stored with another SECRET_KEY") from error


def _cipher(secret_key: str) -> Fernet:
    # A name for the purpose keeps this key apart from the one that signs sessions.
    return Fernet(base64.urlsafe_b64encode(sha256(b"channel credentials\0" + secret_key.encode()).digest()))
