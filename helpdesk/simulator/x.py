"""A stand-in of X on loopback that speaks its documented wire format: for tests, the demo and load.

It shares no code with the adapter: both are held to the vendor's documents. What customers do is told to it
by `XSimulator`'s methods in the same process, or over HTTP as x_control.py says.
"""

import signal
import threading
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import click
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from helpdesk.simulator.x_api import XApi
from helpdesk.simulator.x_platform import ACCESS_TOKEN, APP_TOKEN, CheckFailed, XPlatform
from helpdesk.simulator.x_webhooks import RETRY_WAITS
from helpdesk.simulator.x_wire import Envelope

__all__ = ["CheckFailed", "XSimulator"]


class XSimulator(XPlatform):
    """The platform with a server on loopback, from `start` to `stop` or for a with block."""

    def __init__(self, *, port: int = 0, **platform: Any) -> None:
        """Port 0 takes a free one; the rest as XPlatform."""
        super().__init__(**platform)
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the API is, without a slash at the end; known once it has started."""
        return self.base_url

    def start(self) -> Self:
        self._server = make_server("127.0.0.1", self._port, XApi(self), threaded=True, request_handler=_QuietHandler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.deliverer.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.deliverer.stop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        pass


@click.command()
@click.option("--port", default=8100, show_default=True, help="Where it listens, on 127.0.0.1 only.")
@click.option("--consumer-secret", required=True, help="Signs webhooks; the same as the channel account's.")
@click.option("--access-token", default=ACCESS_TOKEN, show_default=True, help="The brand's user token.")
@click.option("--app-token", default=APP_TOKEN, show_default=True, help="The app's own bearer token.")
@click.option("--brand-id", default="7001", show_default=True)
@click.option("--brand-username", default="brand", show_default=True)
@click.option("--brand-name", default="Brand", show_default=True)
@click.option("--webhook", default="", help="An address to register and subscribe, tried until it answers its check.")
@click.option("--envelope", type=click.Choice(["xaa", "aaa"]), default="xaa", show_default=True)
@click.option("--send-limit", default=15, show_default=True, help="Sends in one window; X's own default is strict.")
@click.option("--send-window", default=900.0, show_default=True, help="Seconds of a window.")
@click.option("--time-scale", default=1.0, show_default=True, help="Retries wait 3, 27 and 242 s times this.")
@click.option("--workers", default=4, show_default=True, help="Webhook calls under way at once.")
def main(
    port: int,
    webhook: str,
    envelope: Envelope,
    send_window: float,
    time_scale: float,
    **platform: Any,
) -> None:
    """Run a stand-in of X until it is stopped."""
    simulator = XSimulator(
        port=port,
        send_window=timedelta(seconds=send_window),
        retry_waits=[wait * time_scale for wait in RETRY_WAITS],
        **platform,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: simulator.stopping.set())
    with simulator:
        click.echo(f"simulated X on {simulator.url}")
        _connect(simulator, webhook, envelope)
        simulator.stopping.wait()


def _connect(simulator: XSimulator, webhook: str, envelope: Envelope) -> None:
    """The helpdesk may start after us, so the address is tried until it is there."""
    while webhook and not simulator.stopping.is_set():
        try:
            simulator.connect_webhook(webhook, envelope=envelope)
        except CheckFailed:
            simulator.stopping.wait(1.0)
        else:
            click.echo(f"webhook {webhook} is connected")
            return


if __name__ == "__main__":
    main()
