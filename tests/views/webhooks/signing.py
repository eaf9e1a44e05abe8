"""X's signature over a body, with the secret of Larkpost's account."""

import base64
import hashlib
import hmac


def signed(body: bytes) -> str:
    digest = hmac.new(b"test-consumer-secret", body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"
