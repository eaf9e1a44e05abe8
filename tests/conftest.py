"""What every test may ask for: an app, a session that is rolled back, a client, a database that is not.

The servers are started once for a run, whatever the number of xdist workers; each worker has its own copy of
the template database and its own number in Redis.
"""

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import scoped_session

from config import Settings
from helpdesk.extensions import redis_connection
from helpdesk.orm import db
from helpdesk.pace import pace
from tests.support.cast import Cast, assemble
from tests.support.databases import Databases
from tests.support.schema import build_schema, make_app
from tests.support.servers import Servers, TestServers
from tests.support.sessions import SessionSharingClient, rolled_back, truncate_everything
from tests.support.stack import Stack

_started: dict[str, Any] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the xdist controller, for each worker: start the servers at the first, tell all where they are."""
    servers = _servers_of_this_run()
    node.workerinput["database_url"] = servers.database_url
    node.workerinput["redis_url"] = servers.redis_url
    node.workerinput["run"] = _started["run"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _started:
        Databases(_started["servers"].database_url, run=_started["run"]).drop_all()
        _started["process"].stop()
        _started.clear()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    told = getattr(request.config, "workerinput", None)
    if told is None:
        return _servers_of_this_run()
    return Servers(database_url=told["database_url"], redis_url=told["redis_url"])


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, servers: Servers) -> Databases:
    told = getattr(request.config, "workerinput", None)
    return Databases(servers.database_url, run=told["run"] if told else _started["run"])


@pytest.fixture(scope="session")
def settings(
    databases: Databases, servers: Servers, tmp_path_factory: pytest.TempPathFactory, worker_number: int
) -> Settings:
    """Settings of the app under test; Redis database 1 + worker."""
    return Settings(
        database_url=databases.copy(f"w{worker_number}", build=build_schema),
        redis_url=redis_url_of(servers.redis_url, 1 + worker_number),
        secret_key="a secret of forty letters, for tests only",
        files_folder=tmp_path_factory.mktemp("files"),
    )


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """0 without xdist, else the number of this xdist worker."""
    told = getattr(request.config, "workerinput", None)
    return int(told["workerid"].removeprefix("gw")) if told else 0


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The app, once for all tests of a worker. CSRF is off; a test of it turns it on for itself."""
    app = make_app(settings)
    yield app
    _close(app)


@pytest.fixture
def session(app: Flask, redis: "Redis") -> Iterator["scoped_session[Any]"]:
    """db.session inside an app context; whatever the test commits is undone at its end."""
    with app.app_context(), rolled_back() as scoped:
        yield scoped


@pytest.fixture
def redis(settings: Settings) -> Iterator["Redis"]:
    """This worker's Redis, empty; the process rings and publishes there, whatever app a test before made here.

    That app's pace is forgotten too.
    """
    redis_connection.bind(settings.redis_url)
    pace.bind(settings.x_time_scale)
    with Redis.from_url(settings.redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def client(app: Flask, session: "scoped_session[Any]") -> FlaskClient:
    """A browser without JavaScript; its requests and the test see one another's rows."""
    app.test_client_class = SessionSharingClient
    return app.test_client()


@pytest.fixture(scope="session")
def committing_app(databases: Databases, settings: Settings, worker_number: int) -> Iterator[Flask]:
    """An app on a second database, whose commits are real."""
    url = databases.copy(f"w{worker_number}_real", build=build_schema)
    app = make_app(dataclasses.replace(settings, database_url=url))
    yield app
    _close(app)


@pytest.fixture
def committed(committing_app: Flask, redis: "Redis") -> Iterator[Flask]:
    """An app context in which commits are real and seen by threads; every table is emptied afterwards."""
    with committing_app.app_context():
        yield committing_app
        truncate_everything()


@pytest.fixture(scope="module")
def start_stack(databases: Databases, servers: Servers, worker_number: int) -> Iterator[Callable[..., Stack]]:
    """Start the whole product for this module: `start_stack(X_API_URL=…)` with these settings besides its own.

    It uses the servers of the tests: a copy of the template database, and a Redis database of its own.
    """
    with ExitStack() as undo:

        def start(**environment: str) -> Stack:
            number = 8 + worker_number
            redis_url = redis_url_of(servers.redis_url, number)
            with Redis.from_url(redis_url) as client:
                client.flushdb()
            database_url = databases.copy(f"w{worker_number}_stack", build=build_schema)
            stack = Stack(environment={"DATABASE_URL": database_url, "REDIS_URL": redis_url} | environment)
            undo.callback(databases.drop, f"w{worker_number}_stack")
            undo.callback(stack.stop)
            return stack.start()

        yield start


@pytest.fixture(scope="module")
def stack(start_stack: Callable[..., Stack]) -> Stack:
    """The whole product on a free port, on the servers of the tests; its database is empty but for the schema."""
    return start_stack()


@pytest.fixture(scope="module")
def embedding_stack() -> Iterator[Stack]:
    """The whole product with a PostgreSQL and a Valkey of its own, which a test may kill."""
    stack = Stack(environment={})
    try:
        yield stack.start()
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def at() -> datetime:
    """The instant at which tests happen unless they say otherwise: a Monday, ten in the morning."""
    return datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def cast(session: "scoped_session[Any]", at: datetime) -> Cast:
    """Larkpost, its staff and channel accounts, in the rolled-back session."""
    return assemble(at=at)


def redis_url_of(url: str, number: int) -> str:
    """The same server, another of its numbered databases."""
    without = url.partition("?")[0]
    if without.startswith(("unix:", "redis+unix:")):
        return f"{without}?db={number}"
    scheme, _, rest = without.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}"


def _close(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _servers_of_this_run() -> Servers:
    if not _started:
        process = TestServers()
        _started.update(process=process, run=uuid.uuid4().hex[:8], servers=process.start())
    found: Servers = _started["servers"]
    return found
