"""Bodies of webhook calls as X makes them."""

import json
from datetime import datetime


def dm(number: int, *, at: datetime, text: str = "hello") -> bytes:
    """One XAA delivery as channels of X send it."""
    event = {
        "type": "message_create",
        "id": str(2_080_000_000_000_000_000 + number),
        "created_timestamp": str(int(at.timestamp() * 1000)),
        "message_create": {
            "target": {"recipient_id": "7001"},
            "sender_id": "8002",
            "message_data": {
                "text": text,
                "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
            },
        },
    }
    users = {
        "8002": {"data": {"id": "8002", "username": "dana", "name": "Dana Okafor"}},
        "7001": {"data": {"id": "7001", "username": "larkpost", "name": "Larkpost"}},
    }
    data = {
        "event_uuid": f"-{number}",
        "event_type": "dm.received",
        "filter": {"user_id": "7001"},
        "payload": {"direct_message_events": [event], "users": users},
    }
    return json.dumps({"data": data}).encode()
