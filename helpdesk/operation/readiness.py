"""What must hold before the product can start: servers new enough, a free port; and whether it answers."""

import errno
import http.client
import socket
from collections.abc import Callable

import psycopg
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

OLDEST_POSTGRES = 15
OLDEST_REDIS = 6
PORTS_TRIED = 100


class NotReady(Exception):
    """One line that says what is missing and what to do."""


def require_postgres(url: str) -> str:
    """What answers at this URL, such as "PostgreSQL 18.6". Raises NotReady when nothing does or it is too old."""
    plain = "postgresql" + url[url.index("://") :]
    try:
        with psycopg.connect(plain, connect_timeout=5) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        raise NotReady(f"DATABASE_URL: {_first_line(error)}") from None
    if number < OLDEST_POSTGRES * 10_000:
        raise NotReady(f"DATABASE_URL: PostgreSQL {number // 10_000} is too old, {OLDEST_POSTGRES} or newer is needed")
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"


def require_redis(url: str) -> str:
    """What answers at this URL, such as "Valkey 9.1.2". Raises NotReady when nothing does or it is too old."""
    try:
        with Redis.from_url(
            url.replace("redis+unix:", "unix:"), socket_timeout=5, retry=Retry(NoBackoff(), 0)
        ) as client:
            facts = client.info("server")
            # While it reads its file back it tells of itself, and does nothing else.
            client.ping()
    except (RedisError, ValueError) as error:
        raise NotReady(f"REDIS_URL: {_first_line(error)}") from None
    version = str(facts["redis_version"])
    if int(version.split(".")[0]) < OLDEST_REDIS:
        raise NotReady(f"REDIS_URL: Redis {version} is too old, {OLDEST_REDIS} or newer is needed")
    return f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {version}"


def holds(requirement: Callable[[str], object], url: str) -> bool:
    """Whether one of the above finds what it requires."""
    try:
        requirement(url)
    except NotReady:
        return False
    return True


def free_port(host: str, first: int) -> int:
    """The first free port from `first` on."""
    for port in range(first, first + PORTS_TRIED):
        if is_free(host, port):
            return port
    raise NotReady(f"no port from {first} to {first + PORTS_TRIED - 1} is free; --port chooses another")


def require_free(host: str, port: int) -> int:
    """This port; one that the system picks for 0."""
    with _bound(host, port) as probe:
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    try:
        _bound(host, port).close()
    except NotReady:
        return False
    return True


def answers(host: str, port: int) -> bool:
    """Whether the web server says that it lives."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _bound(host: str, port: int) -> socket.socket:
    probe = socket.socket()
    # As gunicorn binds: a port whose last connections are still closing counts as free.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        if error.errno == errno.EADDRINUSE:
            raise NotReady(f"port {port} is in use; --port (PORT=) chooses another") from None
        raise NotReady(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return probe


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
