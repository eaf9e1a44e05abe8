"""The operator's command: bad use ends with exit code 2 and one clear line."""

import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpdesk.cli import main


@dataclass(frozen=True, kw_only=True)
class Outcome:
    code: int
    out: str
    err: str


Helpdesk = Callable[..., Outcome]


@pytest.fixture
def helpdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Helpdesk]:
    """The command, with no settings but those given, and no instance running."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def call(*words: str, **settings: str) -> Outcome:
        for name in (*GOOD, "DEMO"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATA_FOLDER": str(tmp_path), **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["helpdesk", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Outcome(code=code, out=said.out, err=said.err)

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


GOOD = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "a secret of more than thirty-two letters",
    "FILES_FOLDER": "/tmp",
}


@pytest.mark.parametrize(
    ("words", "settings", "line"),
    [
        pytest.param(["dance"], {}, "No such command 'dance'.", id="unknown command"),
        pytest.param(["up", "--por", "1"], {}, "No such option '--por'.", id="unknown option"),
        pytest.param(["up", "--port", "x"], {}, "Invalid value for '--port': 'x' is not a valid", id="bad port"),
        pytest.param(["up", "--instance", "a/b"], {}, "an instance is named by up to 40 letters", id="bad name"),
        pytest.param(["env", "--instance", "none"], {}, "nothing runs here by the name 'none'", id="nothing runs"),
        pytest.param(["migrate"], {}, "DATABASE_URL is not set and ", id="no database"),
        pytest.param(["web"], GOOD | {"SECRET_KEY": "short"}, "SECRET_KEY must have at least 32", id="short secret"),
        pytest.param(["web"], GOOD | {"REDIS_URL": "http://x"}, "REDIS_URL must start with one of", id="bad Redis"),
        pytest.param(["worker"], GOOD | {"DEMO": "maybe"}, "DEMO must be one of", id="bad yes or no"),
        pytest.param(["migrate"], GOOD, "the database does not answer: ", id="database away"),
        pytest.param(["up"], GOOD, "DATABASE_URL: ", id="up with the database away"),
        pytest.param(["up", "--fresh"], GOOD, "--fresh empties only the built-in database", id="fresh with yours"),
    ],
)
def test_bad_use_ends_with_2_and_one_line(
    helpdesk: Helpdesk, words: list[str], settings: dict[str, str], line: str
) -> None:
    refused = helpdesk(*words, **settings)

    assert refused.code == 2
    assert len(refused.err.splitlines()) == 1
    assert refused.err.startswith(f"helpdesk: {line}")
    assert refused.out == ""


def test_a_port_that_was_asked_for_and_is_in_use_is_refused(helpdesk: Helpdesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = helpdesk("up", "--port", str(port))

    assert refused.code == 2
    assert refused.err == f"helpdesk: port {port} is in use; --port (PORT=) chooses another\n"


def test_check_says_each_thing_that_is_wrong(helpdesk: Helpdesk, tmp_path: Path) -> None:
    found = helpdesk("check", **GOOD | {"FILES_FOLDER": str(tmp_path / "none")})

    assert found.code == 1
    assert [line.split()[:2] for line in found.out.splitlines()] == [
        ["settings", "ok"],
        ["database", "DATABASE_URL:"],
        ["redis", "REDIS_URL:"],
        ["files", "FILES_FOLDER:"],
    ]


def test_help_names_every_command_with_what_it_does(helpdesk: Helpdesk) -> None:
    told = helpdesk("--help")

    assert told.code == 0
    for name in ("up", "web", "worker", "schedule", "migrate", "check", "env"):
        assert f"\n  {name} " in told.out
