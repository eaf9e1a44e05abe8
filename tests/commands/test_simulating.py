"""`helpdesk simulate`."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.commands.conftest import Helpdesk, is_one_refusal

HTTP = httpx.Client(trust_env=False)


@contextmanager
def simulating(*words: str) -> Iterator[dict[str, str]]:
    """The settings that `helpdesk simulate x` prints for the helpdesk; it is stopped at the end."""
    command = [sys.executable, "-m", "helpdesk.cli", "simulate", "x", "--port", "0", "--consumer-secret", "s", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            lines = [process.stdout.readline().removeprefix("export ").strip() for _ in range(4)]
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0


def test_it_runs_until_stopped_and_says_how_to_start_the_helpdesk(tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    with simulating("--faults", "duplicate:1", "--time-scale", "0.5", "--record", str(said)) as settings:
        url = settings["X_API_URL"]
        state = HTTP.get(f"{url}/_control/state").json()
        HTTP.post(f"{url}/_control/write", json={"from": "dana", "text": "hello"})

    assert state["brand"]["id"] == "7001"
    assert settings["X_TIME_SCALE"] == "0.5"
    assert [json.loads(line)["what"] for line in said.read_text().splitlines()] == ["written", "fault"]


def test_a_crowd_writes_by_itself() -> None:
    with simulating("--crowd", "6000") as settings:
        for _ in range(100):
            entries = HTTP.get(f"{settings['X_API_URL']}/_control/record").json()["entries"]
            if entries:
                break

        assert entries[0]["what"] == "written"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "--consumer-secret"),
        ("--consumer-secret s --faults nonsense", "there is no fault 'nonsense'"),
        ("--consumer-secret s --faults drop:7", "from 0 to 1"),
        ("--consumer-secret s --time-scale 0", "--time-scale"),
        ("--consumer-secret s --time-scale 2", "--time-scale"),
        ("--consumer-secret s --record /nowhere/at/all", "cannot be written"),
    ],
)
def test_bad_use_is_one_line(helpdesk: Helpdesk, words: str, reason: str) -> None:
    assert is_one_refusal(helpdesk("simulate", "x", *words.split()), reason)


def test_the_demo_takes_faults_and_refuses_unknown_ones(helpdesk: Helpdesk) -> None:
    assert is_one_refusal(helpdesk("up", "--demo", "--faults", "nonsense"), "there is no fault 'nonsense'")


def test_the_help_names_each_fault(helpdesk: Helpdesk) -> None:
    told = helpdesk("simulate", "x", "--help").out

    assert "the event is told twice or three times" in told
    assert "gateway-taken" in told
