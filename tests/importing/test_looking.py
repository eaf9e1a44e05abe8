"""Imported tickets on the pages that everybody uses: to be read, searched out and counted, not answered."""

from flask import Flask

from tests.importing.conftest import Importing, says
from tests.support.cast import PASSWORD, Cast, newest_ticket


def test_an_imported_ticket_is_read_like_any_other(committed: Flask, cast: Cast, import_lines: Importing) -> None:
    import_lines(
        says("c1", "2026-11-20T09:00:00Z", "Where is it?", customer="dana", customer_name="Dana Okafor", channel="old"),
        says("c1", "2026-11-20T09:07:00Z", "Under way", direction="out", author="amal@example.org", channel="old"),
    )
    ticket = newest_ticket()
    browser = committed.test_client()
    browser.post("/sign-in/staff", data={"name": cast.chidi.email, "password": PASSWORD})

    page = browser.get(f"/console/tickets/{ticket.id}")

    assert page.status_code == 200
    for words in ("Where is it?", "Under way", "Dana Okafor", "imported from an older system"):
        assert words in page.text
    assert 'id="composer"' not in page.text
    answered = browser.post(
        f"/console/tickets/{ticket.id}/replies", data={"body": "Hello?", "key": "k1"}, headers={"HX-Request": "true"}
    )
    assert answered.status_code == 409


def test_it_counts_in_reports_under_its_channel(committed: Flask, cast: Cast, import_lines: Importing) -> None:
    import_lines(
        says("c1", "2026-11-20T09:00:00Z", channel="old"),
        says("c1", "2026-11-20T09:07:00Z", "Under way", direction="out", channel="old", author="amal@example.org"),
    )
    browser = committed.test_client()
    browser.post("/sign-in/staff", data={"name": cast.chidi.email, "password": PASSWORD})

    page = browser.get("/dashboards/response-times?from=2026-11-01&to=2026-11-22&channel=imported")

    assert page.status_code == 200
    assert "7m" in page.text.replace("\N{NARROW NO-BREAK SPACE}", "").replace(" ", "")
