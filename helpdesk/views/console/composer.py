"""What the composer shows and carries: the draft, whose account answers, what the channel takes."""

from dataclasses import dataclass, field
from uuid import uuid4

from flask import current_app

from config import Settings
from helpdesk.channels import registry
from helpdesk.tickets.models import Ticket
from helpdesk.views.console.delivery_words import NETWORK_NAMES


@dataclass(frozen=True, kw_only=True)
class Overtake:
    """The customer wrote while a reply was being written."""

    time: str
    """Of the newest message that came."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    seen: int
    """The newest customer message that whoever writes has in front of them."""
    account: str
    limit: int
    max_bytes: int
    max_files: int
    accept: str
    body: str = ""
    mode: str = "reply"
    error: str = ""
    overtake: Overtake | None = None
    key: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, kw_only=True)
class Written:
    """What stands in the composer: a draft, or what was just refused."""

    body: str = ""
    mode: str = "reply"
    error: str = ""
    key: str = ""
    overtake: Overtake | None = None


@dataclass(frozen=True, kw_only=True)
class PutBackFile:
    name: str
    mime: str
    url: str


@dataclass(frozen=True, kw_only=True)
class PutBack:
    """What a reply that was taken back said: the page puts it into its composer, before what stands there."""

    words: str
    files: tuple[PutBackFile, ...]


def composer_for(ticket: Ticket, written: Written, *, seen: int) -> Composer:
    limits = registry.capabilities(ticket.account.network)
    settings: Settings = current_app.config["SETTINGS"]
    carries_any = limits.file_types is None
    return Composer(
        seen=seen,
        account=_account_words(ticket),
        limit=limits.text_max,
        max_bytes=min(settings.max_upload_bytes, max(limits.image_max_bytes, limits.file_max_bytes)),
        max_files=limits.attachments_max,
        accept="" if carries_any else ",".join(sorted(limits.image_types | (limits.file_types or frozenset()))),
        body=written.body,
        mode=written.mode,
        error=written.error,
        overtake=written.overtake,
        key=written.key or str(uuid4()),
    )


def _account_words(ticket: Ticket) -> str:
    network = NETWORK_NAMES.get(ticket.account.network, ticket.account.network)
    handle = ticket.account.handle or ticket.team.brand.handle
    return f"@{handle} on {network}"
