"""No query reads a large table from end to end: every function of every file of SELECTs, at 100,000 tickets.

The planner chooses freely. Arguments are found by a parameter's name; a function with a name that is not in the table
fails, so a new query cannot be forgotten.
"""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import product
from pathlib import Path
from types import FunctionType
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import NoResultFound

from config import Settings
from helpdesk.errors import NotFound
from helpdesk.metrics.definitions import Dimension, LiveNumber, Measure, Outcome, Touch
from helpdesk.metrics.fact_queries import facts_of
from helpdesk.metrics.models import ChangedDay
from helpdesk.metrics.packed import LAYOUT, Subject
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import place_of
from helpdesk.metrics.touch_queries import touches_of
from helpdesk.metrics.workload import ANY_AGE, AgeRange
from helpdesk.orm import db
from helpdesk.people.models import Agent, Role, Team
from helpdesk.people.permissions import Act, Standing
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.queue_queries import Queue
from helpdesk.tickets.undelivered_queries import Cause
from tests.support.databases import Databases
from tests.support.many_tickets import AT, fill
from tests.support.schema import build_schema, make_app

TICKETS = 100_000
LARGE = (
    "message",
    "ticket",
    "clock",
    "clock_pause",
    "part",
    "conversation",
    "participant",
    "delivery",
    "ticket_message",
    "inbound_event",
    "timeline_event",
    "identity",
    "contact",
    "handling",
)

_OPEN = TICKETS - 2
"""An open ticket; its conversation, customer and contact have the same number."""

_TEAMS = frozenset(range(1, 10))
_SEES_ALL = Standing(
    agent_id=3,
    role=Role.ADMIN,
    own_team_ids=frozenset({1}),
    own_brand_ids=frozenset({1, 2, 3}),
    readable_team_ids=_TEAMS,
)
_SEES_A_TEAM = Standing(
    agent_id=3,
    role=Role.AGENT,
    own_team_ids=frozenset({2}),
    own_brand_ids=frozenset({1}),
    readable_team_ids=frozenset({2}),
)


class Each:
    """Every one of these values is tried."""

    def __init__(self, *values: Any) -> None:
        self.values = values


def _question(measure: Measure, **more: Any) -> Question:
    period = period_of("", "", zone="Europe/London", at=AT)
    return Question(scope=Scope(team_ids=_TEAMS), measure=measure, period=period, at=AT, **more)


ARGUMENTS: Mapping[str, Any] = {
    "account_id": 1,
    "account_ids": [1, 2],
    "act": Act.READ,
    "after": "larkpost",
    "after_id": _OPEN,
    "after_message_id": 4 * 90_000 - 3,
    "agent": lambda: db.session.get_one(Agent, 3),
    "agent_id": 3,
    "agent_ids": [1, 2, 3],
    "also": Each((), (Measure.RESOLUTION,)),
    "ages": Each(ANY_AGE, AgeRange(at_least=3600, under=86_400)),
    "at": AT,
    "before": (AT, 4 * TICKETS),
    "brand_id": 1,
    "brand_ids": [1, 2],
    "but": 90_000,
    "calendar_id": 1,
    "calendar_version_id": 1,
    "calendar_version_ids": [1, 2],
    "cap": 1000,
    "cause": Cause(account_id=1, state="failed", failure="transient", reason=""),
    "clock_ids": [3 * 90_000, 3 * 90_003],
    "conversation_id": 90_000,
    "conversation_ids": [90_000, 90_001],
    "conversation_key": "key-90000",
    "day": lambda: ChangedDay.day,
    "days": 30,
    "delivery_id": 180_000,
    "of": [(90_000, 1), (90_001, 2)],
    "dimension": Each(*Dimension),
    "delivery_ids": [180_000, 180_002],
    "email": "agent3@example.org",
    "event_id": TICKETS - 1,
    "external_id": "m-90000-1",
    "external_ids": ["m-90000-1", "customer-90000"],
    "file_id": 1,
    "facts": lambda: facts_of(_question(Measure.REPLY)),
    "fingerprint": "none",
    "first": AT.date() - timedelta(days=28),
    "handle": "brand1",
    "identity_id": 90_000,
    "ids": [1, 2],
    "import_id": 1,
    "instant": AT - timedelta(days=1),
    "instants": [(90_000, AT), (90_001, AT)],
    "key": "k-90000-2",
    "keys": ["key-90000", "key-90001"],
    "last": AT.date(),
    "layout": LAYOUT,
    "length": timedelta(milliseconds=1),
    "limit": 50,
    "mail_id": 1,
    "member_id": 1,
    "message_id": 4 * 90_000 - 2,
    "name": "Team 1",
    "names": [(1, "late")],
    "network": "x",
    "networks": ["x"],
    "number": Each(*LiveNumber),
    "offset": 50,
    "outcome": Each(*Outcome),
    "owner_id": None,
    "period": period_of("", "", zone="Europe/London", at=AT),
    "place": (AT - timedelta(days=70), 1),
    "policy_id": 1,
    "public_id": UUID(int=7),
    "question": Each(
        *(_question(measure) for measure in Measure),
        _question(Measure.REPLY, agent_id=3, at_least=60, under=600),
        _question(Measure.RESOLUTION, touch=Touch.ONE_TOUCH),
    ),
    "queue": Each(*Queue),
    "reconciliation_id": 1,
    "reply_id": 1,
    "report_id": 1,
    "scope": Each(
        Scope(team_ids=_TEAMS),
        Scope(team_ids=_TEAMS, priority=Priority.HIGH, tag_ids=frozenset({1, 2})),
        Scope(team_ids=frozenset({1}), agent_id=3, account_ids=frozenset({1, 2})),
    ),
    "shortcut": "ref",
    "share": "3f",
    "since": AT - timedelta(minutes=1),
    "spans": Each([(AT - timedelta(days=9), AT - timedelta(days=7)), (AT - timedelta(days=2), AT)], []),
    "states": ["processed"],
    "standing": Each(_SEES_ALL, _SEES_A_TEAM),
    "subject": Each(*Subject),
    "team": lambda: db.session.get_one(Team, 1),
    "team_id": 1,
    "team_ids": [1, 2],
    "ticket": lambda: db.session.get_one(Ticket, _OPEN),
    "ticket_id": _OPEN,
    "ticket_ids": [90_000, _OPEN],
    "token_hash": "none",
    "touch": Each(*Touch),
    "until": AT,
    "up_to": AT - timedelta(days=70),
    "username": "dana",
    "version": 2,
    "word": "larkpost",
    "words": "customer 9",
    "zone": "Europe/London",
}

# Where a name means something else than usual.
OTHERWISE: Mapping[str, Mapping[str, Any]] = {
    "messaging.media_queries.lock_unshown_files": {"before": AT},
    "messaging.raw_event_queries.settled_in_default": {"before": AT - timedelta(days=14)},
    "messaging.native_queries.newest_unread": {"up_to": (AT, 4 * TICKETS)},
    "metrics.packed_queries.is_packed": {"subject": lambda: ChangedDay.subject},
    "metrics.packed_queries.settled_until": {"day": AT.date()},
    "metrics.packed_queries.packed_records": {"versions": {AT.date(): UUID(int=7)}},
    "metrics.scope_queries.lies_in": {"place": lambda: place_of(_OPEN)},
    "metrics.touch_queries.is_of": {"touches": lambda: touches_of(_OPEN)},
    "tickets.usual_answer_queries.usual_answer": {"since": AT - timedelta(days=30)},
}


def _files() -> list[Path]:
    root = Path(__file__).parents[2]
    return sorted(path.relative_to(root) for path in (root / "helpdesk").glob("*/*queries.py"))


def _functions() -> dict[str, FunctionType]:
    found = {}
    for file in _files():
        module = importlib.import_module(".".join(file.with_suffix("").parts))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{module.__name__.removeprefix('helpdesk.')}.{name}"] = function
    return found


FUNCTIONS = _functions()


@pytest.fixture(scope="module")
def full(databases: Databases, settings: Settings, worker_number: int) -> Iterator[Flask]:
    """An application on a database with 100,000 tickets."""
    url = databases.copy(f"w{worker_number}_many", build=build_schema)
    app = make_app(dataclasses.replace(settings, database_url=url))
    with app.app_context():
        fill(db.engine, TICKETS)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(f"w{worker_number}_many")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_large_table_is_read_from_end_to_end(full: Flask, name: str) -> None:
    function = FUNCTIONS[name]

    with full.app_context():
        read = {line for given in _calls(name, function) for line in _read_whole(function, given)}

    assert read == set()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("lock_unfired_breaches", "ix_clock_unfired_breach"),
        ("lock_unfired_warnings", "ix_clock_unfired_warning"),
        ("earliest_due", "_clock_"),
        ("running_clocks", "_clock_"),
        ("lock_running", "_clock_"),
        ("clocks_of_ticket", "ix_clock_ticket_id"),
        ("ticket_ids_stopped_by", "ix_clock_stopped_by_message_id"),
        ("pauses_of", "ix_clock_pause_clock_id"),
    ],
)
def test_the_clocks_own_index_serves_them(full: Flask, name: str, index: str) -> None:
    full_name = f"sla.queries.{name}"
    function = FUNCTIONS[full_name]

    with full.app_context():
        plans = [
            _plan(statement, values)
            for given in _calls(full_name, function)
            for statement, values in _statements(function, given)
        ]
        db.session.rollback()

    assert any(index in plan for plan in plans)


def _plan(statement: str, values: Any) -> str:
    return "\n".join(line for (line,) in db.session.connection().exec_driver_sql(f"explain {statement}", values))


def test_every_package_with_selects_is_looked_at() -> None:
    assert {file.parent.name for file in _files()} >= {"messaging", "tickets", "sla", "metrics", "people"}


def _calls(name: str, function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """With what a function is called: only what it needs, and all that it takes."""
    parameters = inspect.signature(function).parameters
    table = {**ARGUMENTS, **OTHERWISE.get(name, {})}
    needed = [p for p, parameter in parameters.items() if parameter.default is parameter.empty]
    missing = [p for p in needed if p not in table]
    assert not missing, f"{name}: say in ARGUMENTS what {missing} may be"
    for names in {tuple(needed), tuple(p for p in parameters if p in table)}:
        choices = [value.values if isinstance(value := table[p], Each) else (value,) for p in names]
        for values in product(*choices):
            yield dict(zip(names, values, strict=True))


def _read_whole(function: Callable[..., Any], given: Mapping[str, Any]) -> set[str]:
    """Which large tables the planner would read whole for this call; whatever it changes is undone."""
    try:
        statements = _statements(function, given)
        return {f"{table} in: {statement}" for statement, values in statements for table in _scanned(statement, values)}
    finally:
        db.session.rollback()
        db.session.remove()


def _statements(function: Callable[..., Any], given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    arguments = {name: value() if isinstance(value, FunctionType) else value for name, value in given.items()}
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        sent.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        function(**arguments)
    except (NotFound, NoResultFound):
        pass
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [
        (statement, values) for statement, values in sent if re.match(r"\s*(select|with|update)\b", statement, re.I)
    ]


def _scanned(statement: str, values: Any) -> Iterator[str]:
    plan = db.session.connection().exec_driver_sql(f"explain {statement}", values)
    for (line,) in plan:
        scan = re.search(r"Seq Scan on (\w+)", line)
        if scan and any(
            scan[1] == table or scan[1].startswith(f"{table}_20") for table in (*LARGE, "inbound_event_default")
        ):
            yield scan[1]
