import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.channels.port import Channel, Connection, FailureClass, WebhookRequest
from helpdesk.channels.registry import open_channel
from tests.channels.canned_server import Canned, Received, canned_server, closed_port_url
from tests.channels.contract import Contract, Opened, Situation, Webhook

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "test-consumer-secret"
TOKEN = "user-token"


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def connection(api_url: str, **changes: object) -> Connection:
    values: dict[str, object] = {
        "external_id": "7001",
        "credentials": {"consumer_secret": SECRET, "access_token": TOKEN},
        "api_url": api_url,
        "allow_private_addresses": True,
    }
    return Connection(**(values | changes))  # type: ignore[arg-type] # the test names the fields


def x_channel(api_url: str = "https://api.x.com", **changes: object) -> Channel:
    return open_channel("x", connection(api_url, **changes))


def accepted(event_id: str = "2080000000000000100") -> Canned:
    body = {"data": {"dm_conversation_id": "7001-8002", "dm_event_id": event_id}}
    headers = {"x-rate-limit-limit": "15", "x-rate-limit-remaining": "14", "x-rate-limit-reset": "1784929000"}
    return Canned(status=201, body=json.dumps(body).encode(), headers=headers)


def everything(call: Received) -> Canned:
    """X on a good day."""
    if call.path.endswith("/messages"):
        return accepted()
    if "/dm_conversations/media/" in call.path:
        return Canned(body=b"\xff\xd8 a photo", headers={"content-type": "image/jpeg"})
    return Canned(body=b'{"data": {"id": "5005", "media_key": "3_5005"}}')


def coded(status: int, code: int, message: str = "no") -> Canned:
    return Canned(status=status, body=json.dumps({"errors": [{"code": code, "message": message}]}).encode())


def problem(status: int, name: str) -> Canned:
    told = {"title": name, "type": f"https://api.x.com/2/problems/{name}", "status": status, "detail": "no"}
    return Canned(status=status, body=json.dumps(told).encode())


def _answering(answer: Callable[[Received], Canned]) -> Opened:
    @contextmanager
    def opened() -> Iterator[Channel]:
        with canned_server(answer) as server:
            yield x_channel(server.url, media_hosts=("ton.twitter.com",))

    return opened


@contextmanager
def _unreachable() -> Iterator[Channel]:
    yield x_channel(closed_port_url())


def _signed(body: bytes, signature: str) -> WebhookRequest:
    return WebhookRequest(method="POST", query={}, headers={"x-twitter-webhooks-signature": signature}, body=body)


# Signatures computed once with `openssl dgst -sha256 -hmac test-consumer-secret -binary | base64`.
CONTRACT = Contract(
    recipient_external_id="8002",
    conversation_key="dm:7001-8002",
    situations={
        Situation.ACCEPTS: _answering(everything),
        Situation.UNREACHABLE: _unreachable,
        Situation.HANGS_UP: _answering(lambda call: Canned(hangs_up=True)),
    },
    refusals={
        FailureClass.TRANSIENT: _answering(lambda call: coded(503, 130)),
        FailureClass.THROTTLED: _answering(lambda call: coded(429, 88)),
        FailureClass.RECIPIENT: _answering(lambda call: coded(403, 349)),
        FailureClass.CONTENT: _answering(lambda call: coded(403, 354)),
        FailureClass.AUTH: _answering(lambda call: coded(401, 89)),
        FailureClass.ACCOUNT: _answering(lambda call: coded(403, 326)),
        FailureClass.CONFIG: _answering(lambda call: coded(403, 93)),
        FailureClass.BILLING: _answering(lambda call: problem(429, "usage-capped")),
    },
    webhook=Webhook(
        handshake=WebhookRequest(method="GET", query={"crc_token": "challenge-123"}, headers={}, body=b""),
        message=_signed(payload("activity_received"), "sha256=4ah6m8ncnEsumBAAXIDm/Tq5UVybWVfikP1nMQiaOI0="),
        message_id="2080000000000000001",
        unknown_event=_signed(payload("activity_member_added"), "sha256=Nwo5pFyJBRpn3J8zilERQiLcfwv5rUDJw5Mx3avfKOo="),
    ),
    allowed_source_url="https://ton.twitter.com/1.1/ton/data/dm/2080000000000000001/2080000000000000900/aB3.jpg",
)
