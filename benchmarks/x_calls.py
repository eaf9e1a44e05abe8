"""Calls as X makes them: one direct message each, signed, with its own ids and words.

Of ten messages seven are a stranger's first; three are the second of somebody who wrote before.
"""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from datetime import datetime

HOST = "127.0.0.1"
BRAND_ON_X = "7001"
ACCESS_TOKEN = "a token"
CONSUMER_SECRET = "a consumer secret for benchmarks"

_TEXT = (
    "hello my order has not arrived yet where is it the lamp came but shade bent can you change delivery address "
    "please thanks again charged twice refund invoice moss green أين طلبي crème brûlée 小包 🙂 tomorrow parcel tracking"
)
_WORDS = _TEXT.split()

NEW_OF_TEN = 7


def bodies(count: int, *, at: datetime, first: int = 0, seed: int = 1) -> Iterator[bytes]:
    """`count` webhook bodies whose message ids start at `first`; equal arguments make equal bodies."""
    chance = random.Random(seed + first)
    milliseconds = int(at.timestamp() * 1000)
    customers: list[int] = []
    for number in range(first, first + count):
        if number % 10 < NEW_OF_TEN or not customers:
            customers.append(9_000_000 + number)
            customer = customers[-1]
        else:
            customer = customers.pop(chance.randrange(len(customers)))
        words = " ".join(chance.choices(_WORDS, k=chance.randint(4, 40)))
        yield body(number, customer=customer, text=f"#{number} {words}", milliseconds=milliseconds)


def body(number: int, *, customer: int, text: str, milliseconds: int) -> bytes:
    """One message under X Activity; about 900 bytes."""
    sender = str(customer)
    event = {
        "type": "message_create",
        "id": str(2_080_000_000_000_000_000 + number),
        "created_timestamp": str(milliseconds),
        "message_create": {
            "target": {"recipient_id": BRAND_ON_X},
            "sender_id": sender,
            "message_data": {
                "text": text,
                "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
            },
        },
    }
    users = {
        sender: {"data": {"id": sender, "username": f"c{sender}", "name": f"Customer {sender}"}},
        BRAND_ON_X: {"data": {"id": BRAND_ON_X, "username": "larkpost", "name": "Larkpost"}},
    }
    data = {
        "event_uuid": f"-{number}",
        "event_type": "dm.received",
        "filter": {"user_id": BRAND_ON_X},
        "payload": {"direct_message_events": [event], "users": users},
    }
    return json.dumps({"data": data}, ensure_ascii=False, separators=(",", ":")).encode()


def request(path: str, content: bytes) -> bytes:
    """The whole HTTP request that carries this body on a connection that is kept."""
    digest = hmac.digest(CONSUMER_SECRET.encode(), content, hashlib.sha256)
    signature = base64.b64encode(digest).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmarks\r\nContent-Type: application/json\r\n"
        f"x-twitter-webhooks-signature: sha256={signature}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
