"""The load generator, a process of its own: signed calls over connections that are kept, as fast as they are answered.

`python -m benchmarks.sender '{"port": …, "path": …, "seconds": …, "connections": …, "first": …}'` makes and signs its
requests first, waits for a line on its input, sends, and prints one JSON object.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain

from benchmarks import x_calls
from benchmarks.figures import percentile

_MADE = 4000
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """What one run is to do. `first` is the number of its first message: two runs never share one."""

    port: int
    path: str
    seconds: float
    connections: int
    first: int


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came of it. Latencies in milliseconds, `busy` the part of one core that the sender itself took."""

    answered: int
    refused: int
    seconds: float
    p50: float
    p99: float
    busy: float

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds


def send(sitting: Sitting) -> Sent:
    """Run it in a process of its own. Raises RuntimeError when a call was answered with anything but 200."""
    argv = [sys.executable, "-m", "benchmarks.sender", json.dumps(asdict(sitting))]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        told, _ = child.communicate("go\n", timeout=sitting.seconds + 60)
    sent = Sent(**json.loads(told))
    if sent.refused:
        raise RuntimeError(f"{sent.refused} of {sent.answered + sent.refused} calls were refused")
    return sent


def _run(sitting: Sitting) -> Sent:
    requests = _requests(sitting)
    ready = [next(requests) for _ in range(_MADE)]
    print("ready", flush=True)
    sys.stdin.readline()
    return _Sender(sitting, chain(ready, requests)).run()


def _requests(sitting: Sitting) -> Iterator[bytes]:
    for content in x_calls.bodies(10_000_000, at=datetime.now(UTC), first=sitting.first):
        yield x_calls.request(sitting.path, content)


class _Sender:
    """One thread over all connections: an answer that has come is counted and the next call goes out at once."""

    def __init__(self, sitting: Sitting, requests: Iterator[bytes]) -> None:
        self._sitting, self._requests = sitting, requests
        self._began: dict[socket.socket, float] = {}
        self._latencies: list[float] = []
        self._refused = 0

    def run(self) -> Sent:
        with selectors.DefaultSelector() as selector:
            started, cpu = time.perf_counter(), time.process_time()
            for _ in range(self._sitting.connections):
                connection = socket.create_connection((x_calls.HOST, self._sitting.port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                self._call(connection)
            until = started + self._sitting.seconds
            while self._began:
                self._take_answers(selector, is_over=time.perf_counter() >= until)
            seconds, busy = time.perf_counter() - started, time.process_time() - cpu
        return self._sent(seconds, busy / seconds)

    def _take_answers(self, selector: selectors.BaseSelector, *, is_over: bool) -> None:
        for key, _ in selector.select(timeout=10):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            self._take(connection)
            if is_over:
                selector.unregister(connection)
                connection.close()
            else:
                self._call(connection)

    def _call(self, connection: socket.socket) -> None:
        request = next(self._requests)
        self._began[connection] = time.perf_counter()
        connection.sendall(request)

    def _take(self, connection: socket.socket) -> None:
        answer = connection.recv(_LONGEST_ANSWER)
        self._latencies.append((time.perf_counter() - self._began.pop(connection)) * 1000)
        if not answer.startswith(b"HTTP/1.1 200"):
            self._refused += 1

    def _sent(self, seconds: float, busy: float) -> Sent:
        return Sent(
            answered=len(self._latencies) - self._refused,
            refused=self._refused,
            seconds=seconds,
            p50=percentile(self._latencies, 0.5),
            p99=percentile(self._latencies, 0.99),
            busy=busy,
        )


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Sitting(**json.loads(sys.argv[1]))))))
