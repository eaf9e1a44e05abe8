"""Files of another system's history, imported into a database whose commits are real."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from helpdesk.importing import queries
from helpdesk.importing.models import HistoryImport
from helpdesk.importing.running import Wish, import_history
from helpdesk.people.queries import all_brands
from tests.support import cast as casting
from tests.support.cast import SECRET_KEY, Cast

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

Line = Mapping[str, Any] | str
Importing = Callable[..., HistoryImport]


@pytest.fixture
def cast(committed: Flask) -> Cast:
    return casting.assemble(at=NOW)


@pytest.fixture
def wish(cast: Cast) -> Wish:
    return Wish(brand_ids=[brand.id for brand in all_brands()], brand_id=cast.larkpost.id)


def no_progress(_phase: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def lines_of(lines: Sequence[Line]) -> str:
    return "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)


@pytest.fixture
def import_lines(tmp_path: Path, wish: Wish) -> Importing:
    """Import these lines: dicts, or text as it is to stand in the file."""

    def call(*lines: Line, name: str = "history.jsonl", at: datetime = NOW, **changed: Any) -> HistoryImport:
        path = tmp_path / name
        path.write_text(lines_of(lines), encoding="utf-8", errors="surrogateescape")
        wanted = replace(wish, **changed)
        return import_history(path, wanted, by=None, at=at, secret_key=SECRET_KEY, progress=no_progress)

    return call


def says(conversation: str, at: str, text: str = "Where is my order?", **more: Any) -> dict[str, Any]:
    """A line in which the customer writes; with direction="out" the brand does."""
    return {"conversation": conversation, "at": at, "direction": "in", "text": text} | more


def reasons(run: HistoryImport) -> dict[int, str]:
    """Line → why it was refused."""
    return {one.line: one.reason for one in queries.refusals(run.id)}
