"""The workload pages: whose numbers, and that each opens what it counts."""

import csv
import io
from datetime import timedelta
from io import BytesIO

import pytest
from pyarrow import parquet

from helpdesk.people.permissions import Act
from helpdesk.tickets import lifecycle, presence, queries
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, standing
from tests.views.dashboards.conftest import SignIn
from tests.views.dashboards.test_dashboards import tickets_in

PAGE = "/dashboards/workload"


@pytest.fixture
def resolved(cast: Cast, answered: dict[str, Ticket]) -> dict[str, Ticket]:
    """Dana's ticket took one answer, Ines's went to another team first; Omar's is left."""
    for name, by in (("dana", cast.amal), ("ines", cast.bruno)):
        with transaction():
            locked = queries.lock_ticket(answered[name].id, standing(by), Act.MOVE)
            lifecycle.resolve(locked, by=by, at=locked.opened_at + timedelta(minutes=25))
    return answered


def test_each_number_opens_what_it_counts(cast: Cast, sign_in: SignIn, resolved: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)
    page = client.get(PAGE).text
    rows = "/dashboards/response-times/rows?outcome=answered&measure=resolution"

    assert "not resolved now" in page
    assert tickets_in(client.get(f"{PAGE}/backlog").text) == [resolved["omar"].id]
    assert set(tickets_in(client.get(rows).text)) == {resolved["dana"].id, resolved["ines"].id}
    assert set(tickets_in(client.get(f"{rows}&touch=one-touch").text)) == {resolved["dana"].id, resolved["ines"].id}
    assert tickets_in(client.get(f"{rows}&touch=transferred").text) == [resolved["ines"].id]
    assert "None" in client.get(f"{rows}&touch=reopened").text


@pytest.mark.parametrize("path", [f"{PAGE}/backlog", f"{PAGE}/handled"])
@pytest.mark.parametrize(("who", "sees"), [("amal", False), ("chidi", True), ("eve", False)])
def test_everybody_sees_what_is_theirs(
    cast: Cast, sign_in: SignIn, resolved: dict[str, Ticket], path: str, who: str, sees: bool
) -> None:
    omar = resolved["omar"]
    with transaction():
        presence.look(
            queries.find_ticket(omar.id, standing(cast.lena)), by=cast.lena, is_typing=False, at=omar.opened_at
        )
    client = sign_in(getattr(cast, who))

    assert (omar.id in tickets_in(client.get(path).text)) is sees
    downloaded = list(csv.DictReader(io.StringIO(client.get(f"{path}.csv").text)))
    assert (str(omar.id) in {row["ticket"] for row in downloaded}) is sees


def test_parquet_says_what_the_csv_says(cast: Cast, sign_in: SignIn, resolved: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)
    rows = "/dashboards/response-times/rows"
    query = "?outcome=answered&measure=reply"

    table = parquet.read_table(BytesIO(client.get(f"{rows}.parquet{query}").data)).to_pylist()
    sheet = list(csv.DictReader(io.StringIO(client.get(f"{rows}.csv{query}").text)))

    assert [(row["ticket"], row["clock_seconds"]) for row in table] == [
        (int(row["ticket"]), float(row["clock_seconds"])) for row in sheet
    ]
    assert len(table) == 2
    assert client.get(f"{rows}.xlsx{query}").status_code == 404


@pytest.mark.parametrize("query", ["at_least=x", "under=99999999999999999999", "at_least=9999999999"])
def test_a_wrong_age_is_not_found(cast: Cast, sign_in: SignIn, query: str) -> None:
    assert sign_in(cast.chidi).get(f"{PAGE}/backlog?{query}").status_code == 404


def test_a_bar_of_the_backlog_opens_its_tickets(cast: Cast, sign_in: SignIn, resolved: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)
    assert tickets_in(client.get(f"{PAGE}/backlog?under=14400").text) == [resolved["omar"].id]
    assert "Nothing of this age" in client.get(f"{PAGE}/backlog?at_least=86400").text
