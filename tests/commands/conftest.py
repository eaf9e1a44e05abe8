"""The operator's command on a database of its own, whose commits are real."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from config import Settings
from helpdesk.cli import main


@dataclass(frozen=True, kw_only=True)
class Outcome:
    code: int
    out: str
    err: str


Helpdesk = Callable[..., Outcome]


@pytest.fixture
def helpdesk(committed: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Helpdesk:
    """`helpdesk` with these words: what it printed, and how it ended."""
    settings: Settings = committed.config["SETTINGS"]
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("FILES_FOLDER", str(settings.files_folder))
    monkeypatch.setenv("PUBLIC_URL", "https://desk.example.org")

    def call(*words: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["helpdesk", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Outcome(code=code, out=said.out, err=said.err)

    return call


@pytest.fixture
def larkpost(helpdesk: Helpdesk) -> None:
    """Larkpost with a team, as the operator makes them."""
    assert helpdesk("brand", "add", "--handle", "larkpost", "--name", "Larkpost").code == 0
    assert helpdesk("team", "add", "--brand", "larkpost", "--name", "Support").code == 0


def is_one_refusal(outcome: Outcome, words: str) -> bool:
    """Exit code 2, nothing done, and one line that says why."""
    lines = outcome.err.splitlines()
    return outcome.code == 2 and len(lines) == 1 and lines[0].startswith("helpdesk: ") and words in lines[0]
