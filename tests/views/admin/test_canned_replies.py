"""Canned replies in settings: the leads' and managers' of the brand."""

import pytest

from helpdesk.tickets import canned_replies
from helpdesk.tickets.canned_reply_queries import shared_canned_replies
from helpdesk.tickets.models import CannedReply
from helpdesk.transaction import transaction
from tests.support.cast import Cast
from tests.views.admin.conftest import SignIn

GOOD = {"shortcut": "/Refund", "title": "Refund", "body": "Hi {{customer.first_name}}, it is on its way."}


@pytest.fixture
def reply(cast: Cast) -> CannedReply:
    with transaction():
        return canned_replies.add_canned_reply(
            brand_id=cast.larkpost.id, shortcut="hello", title="Greeting", body="Hi!", owner=None
        )


def test_a_lead_adds_changes_and_deletes_one(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.lena)

    browser.post("/admin/canned-replies", data=GOOD | {"brand": cast.larkpost.id})
    (added,) = shared_canned_replies(cast.larkpost.id)
    assert (added.shortcut, added.title, added.body) == ("refund", "Refund", GOOD["body"])

    browser.post(f"/admin/canned-replies/{added.id}", data=GOOD | {"body": "It left today."})
    assert added.body == "It left today."
    assert "/refund" in browser.get("/admin/canned-replies").text

    browser.post(f"/admin/canned-replies/{added.id}/deletion")
    assert shared_canned_replies(cast.larkpost.id) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"shortcut": ""}, "shortcut"),
        ({"shortcut": "two words"}, "shortcut"),
        ({"shortcut": "hello"}, "shortcut"),
        ({"title": "x" * 81}, "title"),
        ({"body": "  "}, "body"),
        ({"body": "x" * 100_000}, "body"),
        ({"body": "{{customer.password}}"}, "body"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_one_that_cannot_be_is_refused_beside_its_field(
    cast: Cast, reply: CannedReply, sign_in: SignIn, change: dict[str, str], field: str
) -> None:
    refused = sign_in(cast.lena).post("/admin/canned-replies", data=GOOD | {"brand": cast.larkpost.id} | change)

    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text
    assert len(shared_canned_replies(cast.larkpost.id)) == 1


def test_it_keeps_its_own_shortcut_when_changed(cast: Cast, reply: CannedReply, sign_in: SignIn) -> None:
    changed = sign_in(cast.lena).post(
        f"/admin/canned-replies/{reply.id}", data={"shortcut": "hello", "title": "Hello", "body": "Hi there!"}
    )

    assert (changed.status_code, reply.title) == (302, "Hello")


def test_another_brands_are_not_there(cast: Cast, reply: CannedReply, sign_in: SignIn) -> None:
    with transaction():
        cast.eve.role = "lead"
    browser = sign_in(cast.eve)

    assert browser.get(f"/admin/canned-replies/{reply.id}").status_code == 404
    assert browser.post(f"/admin/canned-replies/{reply.id}", data=GOOD).status_code == 404
    assert browser.post(f"/admin/canned-replies/{reply.id}/deletion").status_code == 404
    assert browser.post("/admin/canned-replies", data=GOOD | {"brand": cast.larkpost.id}).status_code == 404
    assert browser.get(f"/admin/canned-replies/new?brand={cast.larkpost.id}").status_code == 404


def test_somebodys_own_is_not_the_leads_to_change(cast: Cast, sign_in: SignIn) -> None:
    with transaction():
        own = canned_replies.add_canned_reply(
            brand_id=cast.larkpost.id, shortcut="mine", title="", body="Hi!", owner=cast.amal
        )

    assert sign_in(cast.lena).get(f"/admin/canned-replies/{own.id}").status_code == 404


def test_an_agent_keeps_none(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.amal).get("/admin/canned-replies").status_code == 404
