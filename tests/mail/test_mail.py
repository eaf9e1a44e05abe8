"""Mail through a real mail server: what arrives, what is tried again, what is given up."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import select

from config import Settings
from helpdesk.mail import outbox
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.outbox import ATTEMPTS, Attachment, ClaimedMail
from helpdesk.mail.sending import NotSent, send
from helpdesk.orm import db
from helpdesk.transaction import transaction

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Postman:
    """A mail server's own record, and what it says to each recipient."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.says = "250 OK"

    async def handle_RCPT(  # noqa: N802  (the server's own name for it)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.says

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def to_server(settings: Settings, postman: Postman) -> Iterator[Settings]:
    controller = Controller(postman, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield replace(settings, smtp_url=f"smtp://127.0.0.1:{controller.port}", mail_from="desk@example.org")
    controller.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def posted(subject: str = "Hello", **more: Any) -> None:
    with transaction():
        outbox.post("boss@example.org", subject, "Für dich.", at=AT, **more)


def claimed(at: datetime = AT) -> ClaimedMail | None:
    with transaction():
        return outbox.claim_next(at=at)


def test_a_mail_arrives_with_its_words_its_link_and_its_file(
    session: Any, to_server: Settings, postman: Postman
) -> None:
    posted(path="/console/tickets/7", attachment=Attachment(name="numbers.csv", content=b"a,b\r\n1,2\r\n"))
    mail = claimed()
    assert mail is not None

    send(mail, to_server)

    [taken] = postman.taken
    assert (taken["From"], taken["To"], taken["Subject"]) == ("desk@example.org", "boss@example.org", "Hello")
    body = taken.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Für dich.", "", f"{to_server.public_url}/console/tickets/7"]
    [file] = taken.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("numbers.csv", "text/csv")
    assert file.get_payload(decode=True) == b"a,b\r\n1,2\r\n"
    with transaction():
        outbox.record_sent(mail.id, at=AT)
    assert claimed(AT + timedelta(days=9)) is None


def test_a_subject_cannot_add_a_header(session: Any, to_server: Settings, postman: Postman) -> None:
    posted("Numbers\r\nBcc: all@example.org")
    mail = claimed()
    assert mail is not None
    send(mail, to_server)
    assert postman.taken[0]["Bcc"] is None
    assert postman.taken[0]["Subject"] == "Numbers Bcc: all@example.org"


def test_while_one_sends_it_nobody_else_does_and_what_died_is_sent_again(session: Any) -> None:
    posted()
    first = claimed()
    assert first is not None
    assert claimed(AT + timedelta(minutes=4)) is None
    again = claimed(AT + timedelta(minutes=6))
    assert again is not None
    assert (again.id, again.made_at) == (first.id, first.made_at), "so its Message-ID is the same"


@pytest.mark.parametrize(
    ("says", "is_final", "words"),
    [("550 no such user", True, "550"), ("451 later", False, "451")],
)
def test_what_the_server_says_is_kept(
    session: Any, to_server: Settings, postman: Postman, says: str, is_final: bool, words: str
) -> None:
    postman.says = says
    posted()
    mail = claimed()
    assert mail is not None
    with pytest.raises(NotSent) as failed:
        send(mail, to_server)
    with transaction():
        outbox.record_failed(mail.id, str(failed.value), is_final=failed.value.is_final, at=AT)
    row = db.session.get_one(OutgoingMail, mail.id)
    assert words in row.problem
    assert (row.not_before is None) is is_final
    assert postman.taken == []


def test_a_server_that_is_away_is_tried_again_and_at_last_given_up(session: Any, settings: Settings) -> None:
    posted()
    away, at, waits = replace(settings, smtp_url=f"smtp://127.0.0.1:{_free_port()}"), AT, []
    while (mail := claimed(at)) is not None:
        with pytest.raises(NotSent, match="refused"):
            send(mail, away)
        with transaction():
            outbox.record_failed(mail.id, "refused", is_final=False, at=at)
        row = db.session.get_one(OutgoingMail, mail.id)
        if row.not_before is not None:
            waits.append((row.not_before - at).total_seconds() / 60)
            at = row.not_before
    assert waits == [2**n for n in range(ATTEMPTS - 1)]


def test_one_at_which_workers_die_again_and_again_is_given_up(session: Any) -> None:
    posted()
    at, claims = AT, 0
    while claimed(at) is not None:
        claims, at = claims + 1, at + timedelta(minutes=6)
    assert claims == ATTEMPTS
    row = db.session.scalars(select(OutgoingMail)).one()
    assert (row.not_before, row.sent_at) == (None, None)
    assert "broke off" in row.problem


def test_what_cannot_be_written_as_a_mail_is_given_up_with_its_reason(session: Any, to_server: Settings) -> None:
    posted()
    mail = claimed()
    assert mail is not None
    with pytest.raises(NotSent, match="cannot be written") as failed:
        send(replace(mail, to_address="a@b.org\nBcc: all@example.org"), to_server)
    assert failed.value.is_final


def test_no_password_is_sent_where_there_is_no_tls(session: Any, to_server: Settings, postman: Postman) -> None:
    posted()
    mail = claimed()
    assert mail is not None
    host = to_server.smtp_url.removeprefix("smtp://")
    with pytest.raises(NotSent, match="no TLS"):
        send(mail, replace(to_server, smtp_url=f"smtp://desk:secret@{host}"))
    assert postman.taken == []


def test_without_a_server_mails_are_files(session: Any, settings: Settings, tmp_path: Path) -> None:
    posted()
    mail = claimed()
    assert mail is not None
    send(mail, replace(settings, smtp_url="", files_folder=tmp_path / "files"))
    [file] = (tmp_path / "mail").glob("*.eml")
    assert message_from_bytes(file.read_bytes())["To"] == "boss@example.org"


def test_the_worker_sends_what_waits(
    committed: Flask, to_server: Settings, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.mail import send_waiting

    monkeypatch.setitem(committed.config, "SETTINGS", to_server)
    for number in range(3):
        posted(f"Mail {number}")
    send_waiting(0)
    assert sorted(mail["Subject"] for mail in postman.taken) == ["Mail 0", "Mail 1", "Mail 2"]
    assert all(row.sent_at is not None and row.not_before is None for row in db.session.scalars(select(OutgoingMail)))
