"""Promises in settings: an ordered list of rules, each looked at before it is published."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.people.models import Role
from helpdesk.sla import queries
from helpdesk.sla.escalations import Escalation
from helpdesk.sla.models import ClockKind
from helpdesk.sla.policies import Conditions, Rule, book_of
from tests.support.cast import Cast, dana_says, hear, newest_ticket
from tests.views.admin.conftest import SignIn
from tests.views.admin.looking import publish

FIELDS = {
    "first_response": "20 min",
    "next_response": "",
    "resolution": "8 h",
    "calendar": "",
    "tags": "",
    "warn_fractions": "50 %",
    "pause_while_pending": "1",
}


def rules(cast: Cast) -> list[Rule]:
    return list(book_of([cast.larkpost.id], at=clock.now()).rules[cast.larkpost.id])


def names(cast: Cast) -> list[str]:
    return [rule.name for rule in rules(cast)]


def test_a_promise_is_published_at_the_end_of_the_list(cast: Cast, sign_in: SignIn) -> None:
    fields = FIELDS | {
        "brand": cast.larkpost.id,
        "name": "Urgent",
        "priorities": ["urgent", "high"],
        "tags": "VIP, b2b",
    }

    page = publish(sign_in(cast.chidi), "/admin/promises", fields)

    assert "Urgent or High, tagged vip or b2b" in page
    rule = rules(cast)[-1]
    assert rule.name == "Urgent"
    assert rule.conditions == Conditions(priorities=("urgent", "high"), tags=("vip", "b2b"))
    assert rule.promise.targets == {
        ClockKind.FIRST_RESPONSE: timedelta(minutes=20),
        ClockKind.RESOLUTION: timedelta(hours=8),
    }
    assert rule.promise.hours is None


def test_a_rule_asks_for_a_team_and_an_account(cast: Cast, sign_in: SignIn) -> None:
    asked = {"team_ids": cast.returns.id, "account_ids": [cast.x.id, 10**12], "networks": ["x", "smoke signals"]}

    publish(sign_in(cast.chidi), "/admin/promises", FIELDS | asked | {"brand": cast.larkpost.id, "name": "Returns"})

    assert rules(cast)[-1].conditions == Conditions(
        networks=("x",), account_ids=(cast.x.id,), team_ids=(cast.returns.id,)
    )


def test_the_form_shows_what_is_promised_and_changes_it_in_a_new_version(cast: Cast, sign_in: SignIn) -> None:
    browser, standard = sign_in(cast.chidi), rules(cast)[-1]
    url = f"/admin/promises/{standard.policy_id}"
    assert 'value="15 min"' in browser.get(url).text

    publish(browser, url, FIELDS)

    assert [version.version for version in queries.versions_of_policy(standard.policy_id)] == [2, 1]
    assert rules(cast)[-1].promise.targets[ClockKind.FIRST_RESPONSE] == timedelta(minutes=20)


def test_looking_says_how_many_would_be_late_and_applying_makes_them_so(cast: Cast, sign_in: SignIn) -> None:
    said_at = clock.now() - timedelta(minutes=5)
    hear(cast.x, dana_says("Where is my parcel?", at=said_at))
    url, browser = f"/admin/promises/{rules(cast)[-1].policy_id}", sign_in(cast.chidi)
    strict = FIELDS | {"first_response": "1 min"}

    seen = browser.post(url, data=strict | {"step": "look"}).text
    assert "1 open ticket is promised something else" in seen
    assert "1 of them would be late at once" in seen
    shown = publish(browser, url, strict, apply="1")

    assert "1 open ticket has new promises." in shown
    assert newest_ticket().due_at == said_at + timedelta(minutes=1)


def test_rules_change_places_and_are_withdrawn_and_brought_back(cast: Cast, sign_in: SignIn) -> None:
    browser, (vip, standard) = sign_in(cast.chidi), rules(cast)

    browser.post(f"/admin/promises/{standard.policy_id}/place", data={"to": "up"})
    assert names(cast) == ["Standard", "VIP"]
    browser.post(f"/admin/promises/{standard.policy_id}/place", data={"to": "up"})
    assert names(cast) == ["Standard", "VIP"]
    shown = browser.post(f"/admin/promises/{standard.policy_id}/place", data={"to": "out"}, follow_redirects=True)
    assert names(cast) == ["VIP"]
    assert "Withdrawn" in shown.text
    browser.post(f"/admin/promises/{standard.policy_id}/place", data={"to": "back"})
    assert names(cast) == ["VIP", "Standard"]
    assert rules(cast)[0].policy_id == vip.policy_id


def test_the_order_is_applied_to_open_tickets_when_asked(cast: Cast, sign_in: SignIn) -> None:
    hear(cast.x, dana_says("Where is my parcel?", at=clock.now()))
    browser = sign_in(cast.chidi)
    publish(browser, "/admin/promises", FIELDS | {"brand": cast.larkpost.id, "name": "All"})
    before = newest_ticket().matched
    place = f"/admin/promises/{rules(cast)[-1].policy_id}/place"
    seen = [browser.post(place, data={"to": "up"}, follow_redirects=True).text for _ in range(2)][-1]
    assert names(cast) == ["All", "VIP", "Standard"]
    assert "1 open ticket is promised something else than these rules say" in seen

    browser.post("/admin/promises/application", data={"brand": cast.larkpost.id})

    assert before.startswith("matched rule 2 ‘Standard’")
    assert "‘All’" in newest_ticket().matched


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("first_response", "90"),
        ("resolution", "2 d"),
        ("resolution", "999999 h"),
        ("resolution", "99999 h"),
        ("warn_fractions", "110 %"),
        ("calendar", "999999"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(cast: Cast, sign_in: SignIn, field: str, typed: str) -> None:
    url = f"/admin/promises/{rules(cast)[0].policy_id}"

    refused = sign_in(cast.chidi).post(url, data=FIELDS | {field: typed, "step": "look"})

    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text


def test_a_name_that_is_taken_is_refused(cast: Cast, sign_in: SignIn) -> None:
    fields = FIELDS | {"brand": cast.larkpost.id, "name": "VIP", "step": "look"}

    refused = sign_in(cast.chidi).post("/admin/promises", data=fields)

    assert refused.status_code == 422
    assert 'id="field-name-error"' in refused.text


def test_the_promises_of_others_are_not_there(cast: Cast, sign_in: SignIn) -> None:
    cast.eve.role = Role.MANAGER
    policy_id = rules(cast)[0].policy_id
    assert sign_in(cast.lena).get("/admin/promises").status_code == 404
    browser = sign_in(cast.eve)

    assert "Standard" not in browser.get("/admin/promises").text
    assert browser.get(f"/admin/promises/{policy_id}").status_code == 404
    assert browser.post(f"/admin/promises/{policy_id}", data=FIELDS).status_code == 404
    assert browser.post(f"/admin/promises/{policy_id}/place", data={"to": "out"}).status_code == 404
    assert browser.post("/admin/promises/application", data={"brand": cast.larkpost.id}).status_code == 404


def test_what_is_done_at_a_warning_and_at_a_breach_is_published(cast: Cast, sign_in: SignIn) -> None:
    actions = {
        "at_warning_priority": "high",
        "at_warning_tag": "#Waits Long",
        "at_breach_team": str(cast.returns.id),
        "at_breach_agent": str(cast.bruno.id),
        "at_breach_mail_to": "leads",
        "at_warning_mail_to": "everybody",
        "at_warning_team": "999999",
        "at_breach_priority": "enormous",
    }
    browser = sign_in(cast.chidi)

    publish(browser, "/admin/promises", FIELDS | actions | {"brand": cast.larkpost.id, "name": "Watched"})

    promise = rules(cast)[-1].promise
    assert promise.at_warning == Escalation(priority="high", tag="waits-long")
    assert promise.at_breach == Escalation(team_id=cast.returns.id, agent_id=cast.bruno.id, mail_to="leads")
    page = browser.get(f"/admin/promises/{rules(cast)[-1].policy_id}").text
    assert 'name="at_warning_tag" type="text" value="waits-long"' in page
    assert f'<option value="{cast.bruno.id}" selected>Bruno Reis' in page
    assert '<option value="leads" selected>' in page


def test_a_tag_without_a_letter_is_refused_beside_its_field(cast: Cast, sign_in: SignIn) -> None:
    fields = FIELDS | {"brand": cast.larkpost.id, "name": "Watched", "at_breach_tag": "!!!", "step": "look"}
    answer = sign_in(cast.chidi).post("/admin/promises", data=fields | {"at_breach_mail_to": "assignee"})
    assert answer.status_code == 422
    assert '<option value="assignee" selected>' in answer.text, "what was chosen stays chosen"
    assert 'id="field-at_breach_tag-error"' in answer.text
