"""One mail to the mail server of SMTP_URL; without one, into a folder, as files that mail programs open."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urlsplit

from config import Settings
from helpdesk.errors import HelpdeskError
from helpdesk.mail.outbox import ClaimedMail

_SECONDS = 20


class NotSent(HelpdeskError):
    """`is_final`: the server will not take this mail, however often it is tried."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, kw_only=True)
class _Server:
    host: str
    port: int
    user: str
    password: str
    is_tls: bool


def send(mail: ClaimedMail, settings: Settings) -> None:
    """Raises NotSent."""
    try:
        message = _message(mail, settings)
    except ValueError as error:
        raise NotSent(f"It cannot be written as a mail: {error}"[:200], is_final=True) from None
    if not settings.smtp_url:
        _put_down(message, mail, settings.mail_folder)
        return
    try:
        _hand_over(message, _server(settings.smtp_url))
    except smtplib.SMTPRecipientsRefused as error:
        [(code, words)] = error.recipients.values()
        raise NotSent(_said(code, words), is_final=code >= 500) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(_said(error.smtp_code, error.smtp_error)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}"[:200]) from None


def _message(mail: ClaimedMail, settings: Settings) -> EmailMessage:
    host = urlsplit(settings.public_url).hostname or "localhost"
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.to_address, mail.subject
    message["Date"] = format_datetime(mail.made_at)
    # The same at each attempt: a mail that arrives twice is seen to be one.
    message["Message-ID"] = f"<{mail.id}.{int(mail.made_at.timestamp())}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    lead = f"\n\n{settings.public_url}{mail.path}" if mail.path else ""
    message.set_content(mail.body + lead + "\n")
    if mail.attachment is not None:
        kind, _, of_kind = (guess_type(mail.attachment.name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(mail.attachment.content, maintype=kind, subtype=of_kind, filename=mail.attachment.name)
    return message


def _hand_over(message: EmailMessage, server: _Server) -> None:
    secure = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=secure)
        if server.is_tls
        else smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    ) as connection:
        if not server.is_tls:
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=secure)
            elif server.user:
                raise smtplib.SMTPNotSupportedError("the server offers no TLS, and the password is not sent without")
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(message)


def _server(url: str) -> _Server:
    parts = urlsplit(url)
    is_tls = parts.scheme == "smtps"
    return _Server(
        host=parts.hostname or "localhost",
        port=parts.port or (465 if is_tls else 587 if parts.username else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=is_tls,
    )


def _put_down(message: EmailMessage, mail: ClaimedMail, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{mail.id}.eml").write_bytes(message.as_bytes())


def _said(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"The mail server said {code} {said}"[:200]
