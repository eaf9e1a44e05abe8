"""History through the settings page: kept, imported by a worker in turns, taken away, and its refusals to be read."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk import bells
from helpdesk.extensions import redis_connection
from helpdesk.importing import queries
from helpdesk.importing.models import HistoryImport
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Ticket
from tests.importing.conftest import Line, lines_of, says
from tests.support.cast import PASSWORD, Cast
from worker import importing

Enter = Callable[[Agent], FlaskClient]

LINES: list[Line] = [
    says("c1", "2025-03-03T09:00:00"),
    says("c1", "2025-03-03T09:05:00", "Here", direction="out", author="amal@example.org"),
    "=no JSON",
    says("c2", "2025-03-03T09:00:00+01:00"),
]


@pytest.fixture(autouse=True)
def nothing_kept(committed: Flask) -> None:
    for path in kept(committed):
        path.unlink()


@pytest.fixture
def enter(committed: Flask, cast: Cast) -> Enter:
    def call(agent: Agent) -> FlaskClient:
        browser = committed.test_client()
        assert browser.post("/sign-in/staff", data={"name": agent.email, "password": PASSWORD}).status_code == 302
        return browser

    return call


def upload(browser: FlaskClient, cast: Cast, content: str, **fields: str) -> TestResponse:
    data = {
        "brand": str(cast.larkpost.id),
        "zone": "Europe/Berlin",
        "file": (io.BytesIO(content.encode()), "old.jsonl"),
    }
    return browser.post("/admin/imports", data=data | fields, content_type="multipart/form-data")


def kept(committed: Flask) -> list[Path]:
    return list((committed.config["SETTINGS"].files_folder / "imports").glob("*"))


def test_a_manager_uploads_and_a_worker_imports(committed: Flask, cast: Cast, enter: Enter) -> None:
    browser = enter(cast.chidi)

    assert upload(browser, cast, lines_of(LINES)).status_code == 302
    assert "Reading, 0 %" in browser.get("/admin/imports").text
    [import_id] = queries.uploads_waiting()
    assert redis_connection.client.exists(f"bell:{bells.IMPORT}:{import_id}")
    assert len(kept(committed)) == 1
    importing.go_on_importing(import_id)

    page = browser.get("/admin/imports").text
    assert "3 messages in 2 tickets" in page
    assert 'hx-trigger="every' not in page, "nothing is awaited any more"
    assert kept(committed) == []
    refused = browser.get(f"/admin/imports/{import_id}/refused.csv").text
    assert "3,it is no JSON" in refused
    assert "'=no JSON" in refused
    assert db.session.query(Ticket).count() == 2
    importing.go_on_importing(import_id)
    assert db.session.query(Ticket).count() == 2


def test_a_turn_that_is_over_goes_on_later(
    committed: Flask, cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.importing.reading.LINES_AT_ONCE", 2)
    monkeypatch.setattr("worker.turns.LONGEST_SECONDS", -1.0)
    upload(enter(cast.chidi), cast, lines_of(LINES))
    [import_id] = queries.uploads_waiting()

    turns = 0
    while queries.uploads_waiting() and turns < 20:
        importing.go_on_importing(import_id)
        turns += 1

    assert 2 < turns < 20
    assert db.session.query(Ticket).count() == 2


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        ("", {}, "The file is empty"),
        ("[1, 2]", {}, "one object a line"),
        ("a;b\n1;2\n", {}, "does not name the column"),
        ("{}", {"zone": "Atlantis/Capital"}, "There is no time zone"),
    ],
)
def test_what_cannot_be_imported_is_said_beside_the_form_and_nothing_is_kept(
    committed: Flask, cast: Cast, enter: Enter, content: str, fields: dict[str, str], words: str
) -> None:
    answer = upload(enter(cast.chidi), cast, content, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert kept(committed) == []
    assert db.session.query(HistoryImport).count() == 0


def test_without_a_file_it_says_so(cast: Cast, enter: Enter) -> None:
    answer = enter(cast.chidi).post("/admin/imports", data={"brand": str(cast.larkpost.id)})
    assert answer.status_code == 422
    assert "Choose a file" in answer.text


def test_it_is_for_the_brands_managers(committed: Flask, cast: Cast, enter: Enter) -> None:
    upload(enter(cast.chidi), cast, lines_of(LINES))
    [import_id] = queries.uploads_waiting()
    assert enter(cast.lena).get("/admin/imports").status_code in (403, 404)
    assert upload(enter(cast.eve), cast, lines_of(LINES)).status_code in (403, 404)
    assert enter(cast.eve).get(f"/admin/imports/{import_id}/refused.csv").status_code in (403, 404)


def test_another_brand_in_the_file_is_not_written_for(committed: Flask, cast: Cast, enter: Enter) -> None:
    upload(enter(cast.chidi), cast, lines_of([*LINES, says("c9", "2025-03-03T09:00:00", brand="marlow")]))
    [import_id] = queries.uploads_waiting()
    importing.go_on_importing(import_id)
    assert {ticket.brand_id for ticket in db.session.query(Ticket)} == {cast.larkpost.id}
    assert any("may import for" in one.reason for one in queries.refusals(import_id))
