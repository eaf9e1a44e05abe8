"""What the console and the messenger show alike of a message."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import url_for

from helpdesk.messaging.models import File

RUN_FOR = timedelta(minutes=5)
"""Messages of one speaker stand together when no more than this lies between them."""


@dataclass(frozen=True, kw_only=True)
class ShownPart:
    """One piece of a message. `kind`: text, emoji, photo, file or words (about something that is not shown)."""

    kind: str
    text: str = ""
    url: str = ""
    preview_url: str = ""
    width: int | None = None
    height: int | None = None
    size: int = 0


def shown_text(text: str) -> ShownPart:
    return ShownPart(kind="emoji" if is_emoji_only(text) else "text", text=text)


def shown_file(file: File, *, endpoint: str, otherwise: str) -> ShownPart:
    """A stored file; `endpoint` gives it out, `otherwise` stands for one without a name."""
    name, url = file.name or otherwise, url_for(endpoint, public_id=file.public_id)
    if not file.has_preview:
        return ShownPart(kind="file", text=name, url=url, size=file.size)
    return ShownPart(
        kind="photo",
        text=name,
        url=url,
        preview_url=url_for(endpoint, public_id=file.public_id, preview=1),
        width=file.width,
        height=file.height,
    )


def is_emoji_only(text: str) -> bool:
    """One to three emoji and nothing else."""
    symbols = [c for c in text.strip() if unicodedata.category(c) == "So"]
    others = [c for c in text.strip() if unicodedata.category(c) not in ("So", "Sk", "Mn", "Me", "Cf")]
    return 1 <= len(symbols) <= 6 and not others


def sort_number(instant: datetime) -> int:
    """Microseconds since 1970: the place of a row, as a number that JavaScript holds exactly."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
