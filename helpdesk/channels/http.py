"""The one HTTP client of all adapters: time-outs, a cap on answers, an address guard, faults by meaning.

`ask` is for calls that may be repeated; `submit` for those that may not, because the network might do them twice.
"""

import ipaddress
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpcore
import httpx

from helpdesk import clock
from helpdesk.channels.port import FailureClass, OutcomeUnknown, SendFailed
from helpdesk.pace import pace

TIME_OUTS = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=5.0)
ANSWER_DEADLINE = timedelta(seconds=120)
"""From the call to the last byte of its answer; a network that drips bytes is given up."""
ANSWER_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. At most one of `json` and `data`/`files`."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] | None = None
    json: object = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    """Field → (file name, content, MIME type), sent as multipart."""
    allow_private_addresses: bool = False
    answer_max_bytes: int = ANSWER_MAX_BYTES


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, whatever its status; redirects are answers too and are not followed."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class AddressRefused(SendFailed):
    """The address is not one that we call: not https, or not on the public internet."""

    def __init__(self, reason: str) -> None:
        super().__init__(FailureClass.CONFIG, reason, code="address_refused")


class _NoAnswer(Exception):
    """The request may have left and no whole answer came."""


class _TooLarge(Exception):
    """The answer is larger than the call allows."""


def ask(call: Call) -> Answer:
    """The answer to a call that may be repeated. Raises SendFailed: transient, or content when it is too large."""
    try:
        return _exchange(call)
    except _NoAnswer as error:
        raise SendFailed(FailureClass.TRANSIENT, f"The network did not answer: {error}", code="no_answer") from error
    except _TooLarge as error:
        reason = f"The answer is larger than {call.answer_max_bytes} bytes"
        raise SendFailed(FailureClass.CONTENT, reason, code="too_large") from error


def submit(call: Call) -> Answer:
    """The answer to a call that must not happen twice.

    Raises SendFailed when the request certainly never left, OutcomeUnknown when it may have.
    """
    try:
        return _exchange(call)
    except _NoAnswer as error:
        raise OutcomeUnknown(f"The request left and no answer came: {error}") from error
    except _TooLarge as error:
        raise OutcomeUnknown("The request left and its answer was too large to read") from error


def _exchange(call: Call) -> Answer:
    _check_url(call)
    deadline = clock.now() + ANSWER_DEADLINE
    try:
        with _client(call.allow_private_addresses).stream(
            call.method,
            call.url,
            headers=dict(call.headers),
            params=call.params,
            json=call.json,
            data=call.data,
            files=call.files,
            timeout=_time_outs(),
        ) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise _NoAnswer("it is compressed although we asked for plain bytes")
            body = b"".join(_capped(response.iter_raw(), call.answer_max_bytes, deadline.timestamp()))
            return Answer(status=response.status_code, headers=_lower_case(response.headers), body=body)
    except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
        reason = f"The network cannot be reached: {_words(error)}"
        raise SendFailed(FailureClass.TRANSIENT, reason, code="unreachable") from error
    except httpcore.LocalProtocolError as error:
        raise SendFailed(FailureClass.CONFIG, f"The request cannot be written: {_words(error)}") from error
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _NoAnswer(_words(error)) from error


def _time_outs() -> httpx.Timeout:
    """No shorter than the machine itself may take, whatever the pace."""
    answer = pace.of(timedelta(seconds=TIME_OUTS.read or 0), at_least=timedelta(seconds=3)).total_seconds()
    return httpx.Timeout(connect=TIME_OUTS.connect, read=answer, write=TIME_OUTS.write, pool=TIME_OUTS.pool)


def _check_url(call: Call) -> None:
    try:
        url = httpx.URL(call.url)
    except httpx.InvalidURL as error:
        raise AddressRefused("The address cannot be read") from error
    schemes = ("https", "http") if call.allow_private_addresses else ("https",)
    if url.scheme not in schemes:
        raise AddressRefused(f"The address must start with {' or '.join(s + '://' for s in schemes)}")
    if not url.host or url.userinfo:
        raise AddressRefused("The address must have a host and no user name")


def _capped(chunks: Iterable[bytes], max_bytes: int, deadline: float) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise _TooLarge
        if clock.now().timestamp() > deadline:
            raise _NoAnswer("it took too long to arrive")
        yield chunk


def _lower_case(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


# One client for each process and kind of address: a client made before a fork must not be used after it.
_clients: dict[tuple[int, bool], httpx.Client] = {}
_making = threading.Lock()


def _client(allow_private_addresses: bool) -> httpx.Client:
    key = (os.getpid(), allow_private_addresses)
    with _making:
        if key not in _clients:
            backend = httpcore.SyncBackend() if allow_private_addresses else PublicAddressesOnly(httpcore.SyncBackend())
            _clients[key] = httpx.Client(
                transport=_Transport(backend),
                timeout=TIME_OUTS,
                follow_redirects=False,
                trust_env=False,
                headers={"user-agent": "helpdesk", "accept-encoding": "identity"},
                # A cookie set for one account must not travel with the next account's call.
                cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            )
        return _clients[key]


class PublicAddressesOnly(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so a name that changes its answer in between gains nothing."""

    def __init__(self, wire: httpcore.NetworkBackend) -> None:
        self._wire = wire

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = checked_addresses(host, port)
        for address in others:
            try:
                return self._wire.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._wire.connect_tcp(last, port, timeout, local_address, socket_options)


def checked_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`, at least one, all of them public.

    Raises AddressRefused when one of them is not: a public name has no business with private addresses.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(is_public(address) for address in addresses):
        raise AddressRefused(f"{host} is not an address on the public internet")
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; one that wraps an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = _ipv4_inside(ip)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _ipv4_inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.teredo is not None:
        return ip.teredo[1]
    return ip.ipv4_mapped or ip.sixtofour


def host_of(url: str) -> str:
    """The host of an address in lower case, "" when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class _Transport(httpx.BaseTransport):
    """httpx's own transport takes no network backend, so this one hands requests to the pool itself."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self.pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            # No connection is used twice: a network may close an idle one just as we write, and the message in it
            # would be unknown for no reason.
            max_keepalive_connections=0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        response = self.pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, Iterable)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_AnswerStream(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self.pool.close()


class _AnswerStream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self.response.stream, Iterable)
        yield from self.response.stream

    def close(self) -> None:
        self.response.close()
