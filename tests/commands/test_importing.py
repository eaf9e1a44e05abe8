"""`helpdesk import history`: a file, what came of it, and what was refused."""

import csv
import json
from pathlib import Path

import pytest

from tests.commands.conftest import Helpdesk, is_one_refusal

GOOD = {"conversation": "c1", "at": "2025-03-03T09:00:00Z", "direction": "in", "text": "Where is it?", "id": "m1"}
ANSWER = GOOD | {"at": "2025-03-03T09:04:30Z", "direction": "out", "id": "m2"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join([json.dumps(GOOD), json.dumps(ANSWER), *["=cmd|no JSON"] * 12]))
    return path


def test_it_says_what_came_of_the_file(helpdesk: Helpdesk, larkpost: None, file: Path, tmp_path: Path) -> None:
    done = helpdesk("import", "history", str(file), "--refused", str(tmp_path / "refused.csv"))

    assert done.code == 0
    assert "14 lines, from 2025-03-03 to 2025-03-03: 2 messages in 1 conversations and 1 tickets are new" in done.out
    assert "12 lines refused" in done.out
    assert "line 3: it is no JSON" in done.err
    assert "and 2 more" in done.err
    with (tmp_path / "refused.csv").open() as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 12
    assert rows[0]["excerpt"].startswith("'="), "a spreadsheet must not run it"


def test_a_report_counts_it_to_the_second(helpdesk: Helpdesk, larkpost: None, file: Path) -> None:
    helpdesk("import", "history", str(file))

    found = helpdesk(
        "report", "first-response", "--from", "2025-03-01", "--to", "2025-03-31", "--by", "channel", "--format", "json"
    )

    [first, _] = json.loads(found.out)
    assert (first["channel"], first["n"], first["median_seconds"]) == ("imported @history", 1, 270.0)
    assert (first["kept"], first["broken"]) == (0, 0), "nothing was promised then"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("no such file",), "cannot be read"),
        (("FILE", "--brand", "nobody"), "nobody"),
        (("FILE", "--zone", "Atlantis/Capital"), "Atlantis/Capital"),
        (("FILE", "--refused", "/no/such/folder/x.csv"), "cannot be written"),
    ],
)
def test_bad_use_is_one_line_and_code_2(
    helpdesk: Helpdesk, larkpost: None, file: Path, words: tuple[str, ...], reason: str
) -> None:
    given = [str(file) if word == "FILE" else word for word in words]
    outcome = helpdesk("import", "history", *given)
    assert outcome.code == 2
    assert reason in outcome.err.splitlines()[-1]


def test_without_a_brand_there_is_nothing_to_import_for(helpdesk: Helpdesk, file: Path) -> None:
    assert is_one_refusal(helpdesk("import", "history", str(file)), "no brand yet")
