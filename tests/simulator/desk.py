"""The helpdesk's end of the wire in the simulator's tests: the real adapter behind a bare server on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from helpdesk import clock
from helpdesk.channels.port import BadSignature, Channel, Connection, InboundEvent, WebhookRequest
from helpdesk.channels.registry import open_channel
from helpdesk.simulator.x import XSimulator


@dataclass
class Desk:
    """What arrived: the events of calls whose signature was right, and how many calls had another."""

    url: str
    channel: Channel
    calls: list[list[InboundEvent]] = field(default_factory=list)
    refused: int = 0
    answers: list[int] = field(default_factory=list)
    """Statuses to give before 200, in order."""

    @property
    def events(self) -> list[InboundEvent]:
        return [event for call in self.calls for event in call]

    def take(self, request: WebhookRequest) -> int:
        try:
            self.channel.verify(request)
        except BadSignature:
            self.refused += 1
            return 403
        if self.answers:
            return self.answers.pop(0)
        self.calls.append(self.channel.parse(request.body, received_at=clock.now()))
        return 200


def channel_to(simulator: XSimulator) -> Channel:
    """The adapter as an operator would connect it to this simulator."""
    return open_channel(
        "x",
        Connection(
            external_id=simulator.brand.id,
            credentials={"consumer_secret": simulator.consumer_secret, "access_token": simulator.access_token},
            api_url=simulator.url,
            media_hosts=("127.0.0.1",),
            allow_private_addresses=True,
        ),
    )


@contextmanager
def a_desk(channel: Channel) -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            answer = channel.handshake(WebhookRequest(method="GET", query=query, headers={}, body=b""))
            self._answer(200, answer.body)

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            self._answer(desk.take(WebhookRequest(method="POST", query={}, headers=headers, body=body)), b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk = Desk(url=f"http://127.0.0.1:{server.server_address[1]}/webhooks/x/7", channel=channel)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
