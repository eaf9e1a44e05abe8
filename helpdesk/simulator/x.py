"""A stand-in of X on loopback that speaks its documented wire format: for tests, the demo and load.

It shares no code with the adapter: both are held to the vendor's documents. What customers do is told to it
by `XSimulator`'s methods in the same process, or over HTTP as x_control.py says. `helpdesk simulate x` runs it.
"""

import threading
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from helpdesk.simulator.x_api import XApi
from helpdesk.simulator.x_platform import CheckFailed, XPlatform

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
        self.record.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        pass
