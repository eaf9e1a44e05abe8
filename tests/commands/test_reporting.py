"""`helpdesk report`: the numbers of the pages, on the command line."""

import csv
import io
import json

import pytest

from tests.commands.conftest import Helpdesk, is_one_refusal

KINDS = ["first-response", "reply-time", "resolution", "attainment", "volume"]
PERIOD = ("--from", "2026-11-01", "--to", "2026-11-28")


@pytest.mark.parametrize("kind", KINDS)
def test_the_three_formats_say_the_same(helpdesk: Helpdesk, larkpost: None, kind: str) -> None:
    table, as_csv, as_json = (
        helpdesk("report", kind, "--by", "team", *PERIOD, "--format", form) for form in ("table", "csv", "json")
    )

    assert (table.code, as_csv.code, as_json.code) == (0, 0, 0)
    rows = json.loads(as_json.out)
    assert [row["team"] for row in rows] == ["all"]
    read = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert [{name: cell or None for name, cell in row.items()} for row in read] == [
        {name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows
    ]
    assert len(table.out.splitlines()) == 2 + len(rows)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--from", "yesterday"), "Write a date"),
        (("--from", "2026-11-02", "--to", "2026-11-01"), "ends before it begins"),
        (("--from", "2020-01-01"), "at most a year"),
        (("--brand", "nobody"), "nobody"),
        (("--zone", "Atlantis/Capital"), "Atlantis/Capital"),
        (("--by", "mood"), "mood"),
        (("--business-hours", "Never"), "no opening hours called 'Never'"),
    ],
)
def test_bad_use_is_one_line_and_code_2(
    helpdesk: Helpdesk, larkpost: None, words: tuple[str, ...], reason: str
) -> None:
    assert is_one_refusal(helpdesk("report", "resolution", *words), reason)
