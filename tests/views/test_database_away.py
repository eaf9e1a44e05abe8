"""What people see while the database is away."""

import dataclasses
from pathlib import Path

from config import Settings
from tests.support.schema import make_app


def test_somebody_signed_in_is_told_to_try_again(settings: Settings, tmp_path: Path) -> None:
    nowhere = dataclasses.replace(settings, database_url=f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    browser = make_app(nowhere).test_client()
    with browser.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"] = "agent:1:1", True

    answer = browser.get("/console/tickets/1")

    assert answer.status_code == 503
    assert "We are busy for a moment" in answer.text
