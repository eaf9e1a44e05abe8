"""Kept reports: kept by a form, downloaded, mailed at their hour, shown by a link that ends."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from pyarrow import parquet
from sqlalchemy import select

from helpdesk import clock
from helpdesk.mail.models import OutgoingMail
from helpdesk.metrics import saved_reports
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.models import SavedReport
from helpdesk.metrics.reports import ReportKind
from helpdesk.metrics.saved_reports import Wish
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import lifecycle, tagging
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast
from tests.views.dashboards.conftest import SignIn

KEPT = "/dashboards/kept"
FORM = {
    "name": "Weekly replies",
    "kind": "reply-time",
    "by": "team",
    "days": "7",
    "brand": "",
    "team": "",
    "channel": "",
    "priority": "",
    "tag": "",
    "every": "week",
    "hour": "8",
    "recipients": "boss@example.org, chair@example.org",
    "form": "csv",
}


def keep(owner: Agent, **more: object) -> SavedReport:
    usual: dict[str, object] = {
        "name": "Replies",
        "kind": ReportKind.REPLY_TIME,
        "by": Dimension.TEAM,
        "brand_id": None,
        "team_id": None,
        "network": "",
        "days": 7,
        "zone": "Europe/London",
    }
    with transaction():
        return saved_reports.keep(Wish(**usual | more), owner=owner, at=clock.now())  # type: ignore[arg-type]


def mail_due(*, at: datetime) -> bool:
    """As the worker does it; False when none is due."""
    with transaction():
        report_id = saved_reports.claim_due(at=at)
    if report_id is None:
        return False
    with transaction():
        saved_reports.mail(report_id, at=at)
    return True


def test_a_report_is_kept_looked_at_and_deleted(cast: Cast, sign_in: SignIn, answered: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)

    assert client.post(KEPT, data=FORM).status_code == 302

    [saved] = db.session.scalars(select(SavedReport)).all()
    assert (saved.owner_id, saved.recipients) == (cast.chidi.id, ["boss@example.org", "chair@example.org"])
    assert "Every Monday at 08:00 to boss@example.org, chair@example.org" in client.get(KEPT).text
    assert "Weekly replies" in client.get(f"{KEPT}/{saved.id}").text
    table = parquet.read_table(BytesIO(client.get(f"{KEPT}/{saved.id}.parquet").data)).to_pylist()
    assert client.get(f"{KEPT}/{saved.id}.csv").text.splitlines()[0].split(",") == list(table[0])
    gone = saved.id
    assert client.post(f"{KEPT}/{gone}/delete").status_code == 302
    assert client.get(f"{KEPT}/{gone}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "1 to 80"),
        ("kind", "astrology", "Choose one"),
        ("days", "8", "Choose one"),
        ("hour", "25", "Choose one"),
        ("brand", "999999", "Choose one"),
        ("channel", "fax", "Choose one"),
        ("priority", "utmost", "Choose one"),
        ("tag", "nobody's", "Choose one"),
        ("recipients", "", "to whom"),
        ("recipients", "boss@example.org\nBcc:all@example.org", "no e-mail address"),
        ("recipients", " ".join(f"a{n}@example.org" for n in range(21)), "At most 20"),
    ],
)
def test_a_wrong_form_comes_back_with_words_beside_the_field(
    cast: Cast, sign_in: SignIn, field: str, value: str, words: str
) -> None:
    answer = sign_in(cast.chidi).post(KEPT, data=FORM | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert re.search(rf'id="field-{field}-error"', answer.text)
    assert db.session.scalars(select(SavedReport)).all() == []


def test_one_of_a_priority_and_a_tag_counts_only_those(
    cast: Cast, sign_in: SignIn, answered: dict[str, Ticket]
) -> None:
    client = sign_in(cast.chidi)
    of_all, urgent, *others = answered.values()
    assert others
    with transaction():
        lifecycle.set_priority(urgent, Priority.URGENT, by=cast.chidi, at=clock.now())
        for ticket in (of_all, urgent):
            tagging.add_tag(ticket, "vip", by=cast.chidi, at=clock.now())
    narrow = FORM | {"kind": "backlog", "by": "", "priority": "urgent", "tag": "vip"}

    prefilled = client.get(f"{KEPT}?priority=urgent&tag=vip").text
    assert 'value="urgent" selected' in prefilled
    assert 'value="vip" selected' in prefilled
    assert client.post(KEPT, data=narrow).status_code == 302

    [saved] = db.session.scalars(select(SavedReport)).all()
    assert "urgent priority, tagged vip" in client.get(KEPT).text
    assert counted(saved) == 1
    with transaction():
        saved.priority = ""
    assert counted(saved) == 2
    with transaction():
        secret = saved_reports.share(saved, days=7, at=clock.now())
        saved.tag = "of none any more"
    assert counted(saved) == 0, "rather nothing than everything"
    client.post("/sign-out")
    assert "tagged of none any more" in client.get(f"/dashboards/shared/{secret}").text


def counted(saved: SavedReport) -> object:
    _, found = saved_reports.make(saved, at=clock.now())
    return found.rows[0][found.columns.index("tickets")] if found.rows else 0


def test_they_are_ones_own(cast: Cast, sign_in: SignIn) -> None:
    saved = keep(cast.chidi)
    client = sign_in(cast.lena)
    for path in ("", ".csv"):
        assert client.get(f"{KEPT}/{saved.id}{path}").status_code == 404
    for act in ("link", "no-link", "delete"):
        assert client.post(f"{KEPT}/{saved.id}/{act}", data={"link_days": "7"}).status_code == 404


def test_agents_keep_none(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.amal).get(KEPT).status_code in (403, 404)


def test_a_link_shows_the_numbers_to_anybody_until_it_ends(
    cast: Cast, sign_in: SignIn, answered: dict[str, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, client = keep(cast.chidi, kind=ReportKind.BACKLOG), sign_in(cast.chidi)
    shown = client.post(f"{KEPT}/{saved.id}/link", data={"link_days": "7"})
    found = re.search(r"/dashboards/shared/([\w-]{40,})", shown.text)
    assert found is not None
    path = f"/dashboards/shared/{found[1]}"
    assert found[1] not in client.get(f"{KEPT}/{saved.id}").text, "the secret is shown once"
    client.post("/sign-out")

    page = client.get(path)
    assert page.status_code == 200
    assert "larkpost/Support" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Dana" not in page.text
    assert "/console" not in page.text
    assert client.get(f"{path}.csv").text.startswith("team,tickets,")
    other = "1" if path.endswith("0") else "0"
    assert client.get(f"{path[:-1]}{other}").status_code == 404

    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get(path).status_code == client.get(f"{path}.csv").status_code == 404


def test_a_new_link_ends_the_old_and_it_can_be_ended(cast: Cast, sign_in: SignIn) -> None:
    saved, client = keep(cast.chidi), sign_in(cast.chidi)
    links = []
    for _ in range(2):
        shown = client.post(f"{KEPT}/{saved.id}/link", data={"link_days": "1"}).text
        links.append(re.findall(r"/dashboards/shared/[\w-]{40,}", shown)[0])
    assert [client.get(link).status_code for link in links] == [404, 200]
    client.post(f"{KEPT}/{saved.id}/no-link")
    assert client.get(links[1]).status_code == 404
    assert client.post(f"{KEPT}/{saved.id}/link", data={"link_days": "9999"}).status_code == 422


def test_when_its_owner_has_left_it_is_made_no_more(cast: Cast, sign_in: SignIn) -> None:
    saved = keep(cast.chidi, every="day", recipients=["boss@example.org"])
    with transaction():
        secret = saved_reports.share(saved, days=7, at=clock.now())
        cast.chidi.is_active = False
    due_at = saved.next_at
    assert due_at is not None
    assert sign_in(cast.ada).get(f"/dashboards/shared/{secret}").status_code == 404
    assert mail_due(at=due_at)
    assert saved.next_at is None
    assert db.session.scalars(select(OutgoingMail)).all() == []


def test_one_of_a_team_that_was_left_can_still_be_deleted(cast: Cast, sign_in: SignIn) -> None:
    saved = keep(cast.lena, team_id=cast.returns.id, every="day", recipients=["boss@example.org"])
    client = sign_in(cast.lena)

    page = client.get(f"{KEPT}/{saved.id}")

    assert page.status_code == 200
    assert "Nothing of it is yours to see any more" in page.text
    assert client.get(f"{KEPT}/{saved.id}.csv").status_code == 404
    assert client.post(f"{KEPT}/{saved.id}/delete").status_code == 302
    assert db.session.scalars(select(SavedReport)).all() == []


def test_one_that_cannot_be_made_keeps_nobody_waiting(cast: Cast, answered: dict[str, Ticket]) -> None:
    broken = keep(cast.chidi, every="day", hour=7, recipients=["broken@example.org"])
    whole = keep(cast.chidi, every="day", hour=7, recipients=["whole@example.org"])
    with transaction():
        broken.kind = "of a later release"
    due_at = whole.next_at
    assert due_at is not None

    with pytest.raises(ValueError, match="later release"):
        mail_due(at=due_at)
    assert mail_due(at=due_at)

    assert [mail.to_address for mail in db.session.scalars(select(OutgoingMail))] == ["whole@example.org"]
    assert broken.next_at == due_at + timedelta(hours=1)
    assert not mail_due(at=due_at)


def test_it_is_mailed_once_at_its_hour(cast: Cast, answered: dict[str, Ticket]) -> None:
    saved = keep(cast.chidi, every="week", hour=8, recipients=["boss@example.org", "chair@example.org"])
    due_at = saved.next_at
    assert due_at is not None
    local = due_at.astimezone(ZoneInfo("Europe/London"))
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)

    assert not mail_due(at=due_at - timedelta(seconds=1))
    late = due_at + timedelta(days=15)
    assert mail_due(at=late), "nothing ran for two weeks"
    assert not mail_due(at=late)

    mails = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    assert [mail.to_address for mail in mails] == ["boss@example.org", "chair@example.org"]
    assert mails[0].attachment is not None
    assert mails[0].attachment.decode().splitlines()[-1].startswith("all,")
    assert mails[0].attachment_name.endswith(".csv")
    assert saved.next_at is not None
    assert late < saved.next_at <= late + timedelta(days=7)


@pytest.mark.parametrize(
    ("zone", "hour", "at", "expected"),
    [
        # Two o'clock does not exist on that day; the instant is that of three.
        ("Europe/Berlin", 2, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("America/New_York", 7, datetime(2026, 11, 1, 11, 59, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("UTC", 7, datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 7, tzinfo=UTC)),
    ],
)
def test_its_hour_is_that_of_its_zone(cast: Cast, zone: str, hour: int, at: datetime, expected: datetime) -> None:
    wish = Wish(
        name="Daily",
        kind=ReportKind.VOLUME,
        by=None,
        brand_id=None,
        team_id=None,
        network="",
        days=1,
        zone=zone,
        every="day",
        hour=hour,
        recipients=["boss@example.org"],
    )
    with transaction():
        saved = saved_reports.keep(wish, owner=cast.chidi, at=at)
    assert saved.next_at == expected
