"""One imported file, counted by hand, on the page, in its CSV, on the command line and through the API."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from flask import Flask

from helpdesk import clock
from helpdesk.people import api_tokens
from helpdesk.transaction import transaction
from helpdesk.views.rendering import duration
from tests.commands.conftest import Helpdesk
from tests.importing.conftest import lines_of, says
from tests.support import cast as casting
from tests.support.cast import PASSWORD

FROM, TO = "2026-03-01", "2026-03-31"


def a_month(dice: Random) -> tuple[list[dict[str, object]], list[float]]:
    """Lines of a file, and how long the customer of each conversation waited for the first reply."""
    lines: list[dict[str, object]] = []
    waits: list[float] = []
    for number in range(60):
        at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=dice.randint(0, 27 * 86_400))
        waits.append(float(dice.choice([dice.randint(20, 900), dice.randint(900, 40_000)])))
        answered = at + timedelta(seconds=waits[-1])
        name = f"c{number}"
        lines += [
            says(name, at.isoformat()),
            says(name, (at + timedelta(seconds=5)).isoformat(), "Hello?"),
            says(name, answered.isoformat(), "Here", direction="out", author=dice.choice(["amal", "bruno"])),
        ]
        lines[-1]["author"] = f"{lines[-1]['author']}@example.org"
    dice.shuffle(lines)
    return lines, waits


def test_they_agree_to_the_second(committed: Flask, helpdesk: Helpdesk, tmp_path: Path) -> None:
    cast = casting.assemble(at=clock.now() - timedelta(days=400))
    with transaction():
        _, token = api_tokens.make_token(cast.chidi, name="tests", at=clock.now())
    lines, waits = a_month(Random(8))
    path = tmp_path / "march.jsonl"
    path.write_text(lines_of(lines))
    assert helpdesk("import", "history", str(path), "--brand", "larkpost").code == 0
    browser = committed.test_client()
    browser.post("/sign-in/staff", data={"name": cast.chidi.email, "password": PASSWORD})
    period = f"from={FROM}&to={TO}"

    page = browser.get(f"/dashboards/response-times?{period}").text
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/dashboards/response-times/rows.csv?{period}").text)))
    shown = helpdesk("report", "first-response", "--from", FROM, "--to", TO, "--by", "agent", "--format", "json")
    by_cli = json.loads(shown.out)
    by_api = committed.test_client().get(
        f"/api/v1/reports/first-response?{period}&by=agent&zone=UTC", headers={"Authorization": f"Bearer {token}"}
    )

    assert f"{len(waits)} answers" in page
    assert duration(median(waits)) in page
    column = next(name for name in rows[0] if "clock" in name.lower())
    assert sorted(float(row[column]) for row in rows) == sorted(waits)
    assert (by_cli[-1]["n"], by_cli[-1]["median_seconds"]) == (len(waits), median(waits))
    document = by_api.get_json()
    assert [dict(zip(document["columns"], row, strict=True)) for row in document["rows"]] == by_cli
    assert len(by_cli) == 3
