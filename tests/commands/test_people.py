"""`helpdesk brand`, `team` and `agent`."""

from datetime import datetime

import pytest

from helpdesk import clock
from helpdesk.people import api_tokens, queries, staff
from helpdesk.people.models import Role
from helpdesk.people.signing_in import agent_with
from helpdesk.sla import queries as sla_queries
from helpdesk.tickets import assignment
from helpdesk.transaction import transaction
from tests.commands.conftest import Helpdesk, is_one_refusal
from tests.support.cast import a_ticket, assemble


def test_a_brand_comes_with_its_first_promises(helpdesk: Helpdesk) -> None:
    added = helpdesk("brand", "add", "--handle", "@Larkpost", "--name", "Larkpost", "--time-zone", "Europe/London")

    brand = queries.brand_by_handle("larkpost")
    assert (added.code, added.out) == (0, f"added brand {brand.id}: Larkpost (@larkpost)\n")
    assert brand.time_zone == "Europe/London"
    assert sla_queries.policies_of_brand(brand.id)


@pytest.mark.usefixtures("larkpost")
def test_a_team_can_be_open_to_all_agents(helpdesk: Helpdesk) -> None:
    added = helpdesk("team", "add", "--brand", "larkpost", "--name", "Returns", "--open-to-all-agents")

    team = queries.team_by_name(queries.brand_by_handle("larkpost").id, "Returns")
    assert added.out == f"added team {team.id}: Returns\n"
    assert team.is_open_to_all_agents


@pytest.mark.usefixtures("larkpost")
def test_an_agent_without_a_password_comes_in_by_the_printed_link(helpdesk: Helpdesk) -> None:
    added = helpdesk(
        "agent", "add", "--email", "amal@example.org", "--name", "Amal Haddad", "--team", "larkpost/Support"
    )

    first, link = added.out.splitlines()
    assert first.endswith(": Amal Haddad <amal@example.org>")
    address, _, secret = link.rpartition("/")
    assert address == "https://desk.example.org/invitations"
    assert staff.invited(secret, at=clock.now()).email == "amal@example.org"


@pytest.mark.usefixtures("larkpost")
def test_an_admin_with_a_password_signs_in_and_the_password_is_not_printed(helpdesk: Helpdesk) -> None:
    password = "correct horse battery"

    added = helpdesk(
        "agent", "add", "--email", "ada@example.org", "--name", "Ada Root", "--role", "admin", "--password", password
    )

    ada = agent_with("ada@example.org", password)
    assert ada is not None
    assert ada.role == Role.ADMIN
    assert password not in added.out + added.err


@pytest.mark.usefixtures("larkpost")
def test_the_list_names_role_and_teams(helpdesk: Helpdesk) -> None:
    helpdesk("agent", "add", "--email", "amal@example.org", "--name", "Amal", "--team", "larkpost/Support")

    listed = helpdesk("agent", "list").out

    (line,) = listed.splitlines()
    assert line.split("\t")[1:] == ["agent", "Amal <amal@example.org>", "larkpost/Support"]


def test_deactivating_hands_tickets_on_and_tells_how_many(helpdesk: Helpdesk, at: datetime) -> None:
    cast = assemble(at=at)
    ticket = a_ticket(cast, at=at)
    with transaction():
        assignment.assign(ticket, to=cast.amal, by=cast.amal, at=at)

    done = helpdesk("agent", "deactivate", "amal@example.org")

    assert (done.code, done.out) == (0, "deactivated Amal Haddad; 1 open ticket handed on\n")


@pytest.mark.usefixtures("larkpost")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("brand add --handle larkpost --name Again", "The handle larkpost is taken."),
        ("brand add --handle x! --name X", "A handle has 2 to 30 letters"),
        ("brand add --handle moon --name Moon --time-zone Moon/Base", "There is no time zone 'Moon/Base'"),
        ("brand add --handle moon", "Missing option '--name'"),
        ("team add --brand nobody --name Support", "no brand with the handle 'nobody'"),
        ("team add --brand larkpost --name Support", "Larkpost has a team named Support already."),
        ("agent add --email nonsense --name Amal", "That is not an e-mail address."),
        ("agent add --email a@example.org --name Amal --team Support", "is not of the form brand-handle/Team name"),
        ("agent add --email a@example.org --name Amal --team larkpost/None", "no team named 'None'"),
        ("agent add --email a@example.org --name Amal --role king", "'king' is not one of"),
        ("agent add --email a@example.org --name Amal --password short", "Choose at least 10 characters."),
        ("agent deactivate nobody@example.org", "nobody on the staff has the e-mail nobody@example.org"),
    ],
    ids=lambda value: value[:40],
)
def test_bad_use_is_one_line_and_changes_nothing(helpdesk: Helpdesk, words: str, reason: str) -> None:
    refused = helpdesk(*words.split())

    assert is_one_refusal(refused, reason), refused
    assert refused.out == ""
    assert queries.everybody() == []


@pytest.mark.usefixtures("larkpost")
def test_a_token_is_printed_once_and_ends_when_revoked(helpdesk: Helpdesk) -> None:
    helpdesk("agent", "add", "--email", "amal@example.org", "--name", "Amal", "--team", "larkpost/Support")

    first, secret = helpdesk("agent", "token", "amal@example.org", "--name", "nightly export").out.splitlines()
    number = first.removeprefix("made token ").partition(":")[0]

    assert first == f"made token {number}: nightly export"
    with transaction():
        amal = api_tokens.agent_with(secret, at=clock.now())
    assert amal is not None
    assert amal.email == "amal@example.org"
    assert helpdesk("agent", "revoke-token", number).out == f"revoked token {number}: nightly export\n"
    assert api_tokens.agent_with(secret, at=clock.now()) is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("agent token nobody@example.org --name export", "nobody on the staff has the e-mail"),
        ("agent token nobody@example.org", "Missing option '--name'"),
        ("agent revoke-token 999999", "no token 999999"),
        ("agent revoke-token first", "'first' is not a valid integer"),
    ],
)
def test_a_token_for_nobody_is_refused(helpdesk: Helpdesk, words: str, reason: str) -> None:
    assert is_one_refusal(helpdesk(*words.split()), reason)
