"""What only one place may do, so that it can be believed of all others."""

import ast
import re

import pytest

from tests.architecture.sources import calls, modules, names

_COMMITS = re.compile(r"\bsession\.commit$|\bsession\(\)\.commit$")
_CLOCK = re.compile(r"\b(datetime|dt)\.(now|utcnow|today)$|\bdate\.today$|\btime\.(time|time_ns|localtime|gmtime)$")
_ENVIRONMENT = re.compile(r"\bos\.(environ|environb|getenv|putenv)\b")
_SELECTS = re.compile(r"^(sa\.|sqlalchemy\.)?select$|\bsession\.query$")

SELECTS_ELSEWHERE = {
    "helpdesk/arrays.py": "an INSERT … SELECT from rows that the statement itself carries: it reads no table",
    "helpdesk/columns.py": "packs the rows of somebody else's SELECT",
    "helpdesk/copying.py": "the next numbers of a sequence: it reads no table",
}


def test_only_transaction_commits() -> None:
    offenders = [path for path, tree in modules() if any(map(_COMMITS.search, calls(tree)))]

    assert offenders == ["helpdesk/transaction.py"]


def test_only_clock_reads_the_clock() -> None:
    offenders = [path for path, tree in modules() if any(map(_CLOCK.search, calls(tree)))]

    assert offenders == ["helpdesk/clock.py"]


def test_only_config_reads_the_environment() -> None:
    offenders = [path for path, tree in modules() if any(map(_ENVIRONMENT.search, names(tree)))]

    assert offenders == []


def test_only_queries_hold_selects() -> None:
    offenders = [
        path
        for path, tree in modules()
        if not path.endswith("queries.py") and path not in SELECTS_ELSEWHERE and any(map(_SELECTS.search, calls(tree)))
    ]

    assert offenders == []


def test_no_lock_keeps_foreign_keys_waiting() -> None:
    """FOR UPDATE would stop everybody who writes a row that refers to the locked one; our keys never change."""
    locks = [
        (path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_for_update")
        or (isinstance(node, ast.keyword) and node.arg == "with_for_update")
    ]

    assert locks
    assert [path for path, node in locks if "key_share" not in ast.unparse(node)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (_COMMITS, "db.session.commit()"),
        (_CLOCK, "datetime.now(UTC)"),
        (_CLOCK, "dt.datetime.now()"),
        (_CLOCK, "time.time()"),
        (_SELECTS, "select(Ticket)"),
        (_SELECTS, "db.session.query(Ticket)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_offender_would_be_seen(pattern: re.Pattern[str], line: str) -> None:
    assert any(map(pattern.search, calls(ast.parse(line))))


@pytest.mark.parametrize("line", ["os.environ['A']", "os.getenv('A')", "from os import environ"])
def test_a_reader_of_the_environment_would_be_seen(line: str) -> None:
    assert any(map(_ENVIRONMENT.search, names(ast.parse(line))))
