import socket
from collections.abc import Callable, Iterable

import httpcore
import pytest

from helpdesk.channels import http
from helpdesk.channels.port import FailureClass, OutcomeUnknown, SendFailed
from tests.channels.canned_server import Canned, canned_server, closed_port_url


def loopback(url: str, **changes: object) -> http.Call:
    values: dict[str, object] = {"method": "GET", "url": url, "allow_private_addresses": True}
    return http.Call(**(values | changes))  # type: ignore[arg-type] # the test names the fields


class RefusingWire(httpcore.NetworkBackend):
    """Where connections go in a test that must not leave the machine."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append(host)
        raise httpcore.ConnectError("not from a test")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "104.244.42.2", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_outside_is_public(address: str) -> None:
    assert http.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.x.com/",
        "ftp://api.x.com/",
        "https://name:secret@api.x.com/",
        "https:///nowhere",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://2130706433/",
    ],
)
def test_an_account_without_leave_calls_public_https_only(url: str) -> None:
    with pytest.raises(http.AddressRefused) as refused:
        http.ask(http.Call(method="GET", url=url))

    assert refused.value.failure is FailureClass.CONFIG


def test_a_name_is_refused_when_one_of_its_addresses_is_private(resolving: Callable[..., list[str]]) -> None:
    resolving("203.0.113.9", "93.184.216.34", "10.0.0.7")

    with pytest.raises(http.AddressRefused):
        http.checked_addresses("rebinding.example", 443)


def test_the_connection_goes_to_the_address_that_was_checked(resolving: Callable[..., list[str]]) -> None:
    """The name answers with a public address once and with loopback ever after: only the first answer is used."""
    asked = resolving("93.184.216.34")
    wire = RefusingWire()

    with pytest.raises(httpcore.ConnectError):
        http.PublicAddressesOnly(wire).connect_tcp("rebinding.example", 443)

    assert wire.connected == ["93.184.216.34"]
    assert asked == ["rebinding.example"]


def test_the_next_address_of_a_name_is_tried_when_one_does_not_answer(resolving: Callable[..., list[str]]) -> None:
    resolving("93.184.216.34", "93.184.216.35")
    wire = RefusingWire()

    with pytest.raises(httpcore.ConnectError):
        http.PublicAddressesOnly(wire).connect_tcp("two.example", 443)

    assert wire.connected == ["93.184.216.34", "93.184.216.35"]


def test_a_name_without_an_address_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(SendFailed) as failed:
        http.submit(http.Call(method="POST", url="https://gone.example/"))

    assert failed.value.failure is FailureClass.TRANSIENT


def test_a_refused_connection_never_left() -> None:
    with pytest.raises(SendFailed) as failed:
        http.submit(loopback(closed_port_url(), method="POST"))

    assert (failed.value.failure, failed.value.code) == (FailureClass.TRANSIENT, "unreachable")


def test_a_lost_answer_is_unknown_when_it_may_not_be_repeated_and_transient_when_it_may() -> None:
    with canned_server(lambda call: Canned(hangs_up=True)) as server:
        with pytest.raises(OutcomeUnknown):
            http.submit(loopback(server.url, method="POST"))
        with pytest.raises(SendFailed) as failed:
            http.ask(loopback(server.url))

    assert failed.value.failure is FailureClass.TRANSIENT


def test_a_network_that_closes_after_each_answer_leaves_nothing_unknown() -> None:
    with canned_server(lambda call: Canned()) as server:
        statuses = [http.submit(loopback(server.url, method="POST")).status for _ in range(30)]

    assert statuses == [200] * 30


def test_half_an_answer_is_no_answer() -> None:
    with (
        canned_server(lambda call: Canned(body=b"{", headers={"content-length": "100"})) as server,
        pytest.raises(OutcomeUnknown),
    ):
        http.submit(loopback(server.url, method="POST"))


def test_an_answer_is_read_up_to_its_cap() -> None:
    with canned_server(lambda call: Canned(body=b"x" * 1000)) as server:
        assert len(http.ask(loopback(server.url, answer_max_bytes=1000)).body) == 1000
        with pytest.raises(SendFailed) as failed:
            http.ask(loopback(server.url, answer_max_bytes=999))
        with pytest.raises(OutcomeUnknown):
            http.submit(loopback(server.url, method="POST", answer_max_bytes=999))

    assert (failed.value.failure, failed.value.code) == (FailureClass.CONTENT, "too_large")


def test_a_compressed_answer_that_could_grow_is_not_taken() -> None:
    with (
        canned_server(lambda call: Canned(headers={"content-encoding": "gzip"})) as server,
        pytest.raises(SendFailed, match="compressed"),
    ):
        http.ask(loopback(server.url))


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    redirect = Canned(status=302, headers={"location": "http://127.0.0.1:1/secrets"})

    with canned_server(lambda call: redirect) as server:
        answer = http.ask(loopback(server.url, headers={"authorization": "Bearer t"}))

    assert answer.status == 302
    assert len(server.received) == 1


def test_a_cookie_of_one_account_does_not_travel_with_the_next_call() -> None:
    with canned_server(lambda call: Canned(headers={"set-cookie": "session=dana"})) as server:
        http.ask(loopback(server.url))
        http.ask(loopback(server.url))

    assert "cookie" not in server.received[1].headers


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Names resolve to the given addresses at the first question and to loopback afterwards; → the names asked."""
    asked: list[str] = []

    def answer(*addresses: str) -> list[str]:
        def getaddrinfo(host: str, port: int, **kwargs: object) -> list[tuple[object, ...]]:
            asked.append(host)
            found = addresses if len(asked) == 1 else ("127.0.0.1",)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return answer
