"""Members: people with a sign-in on the native network."""

import re
import unicodedata

from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.orm import db
from helpdesk.people import queries
from helpdesk.people.models import Member
from helpdesk.people.signing_in import hash_password

_USERNAME = re.compile(r"[a-z0-9_]{3,20}")


def sign_up(*, username: str, name: str, password: str, bio: str = "") -> Member:
    """Raises InvalidInput beside a field, or Conflict for a username that is taken (a brand's handle too)."""
    word = username.strip().lower().removeprefix("@")
    if not _USERNAME.fullmatch(word):
        raise InvalidInput("A username has 3 to 20 letters, digits or underscores.", field="username")
    if queries.is_brand_handle(word):
        raise Conflict(f"@{word} is taken.")
    member = Member(username=word, name=clean_name(name), password_hash=hash_password(password), bio=bio[:160])
    try:
        with db.session.begin_nested():
            db.session.add(member)
    except IntegrityError as error:
        raise Conflict(f"@{word} is taken.") from error
    return member


def clean_name(name: str) -> str:
    """One line, without characters that no screen shows or that turn the writing round."""
    shown = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") or c == "\u200d")
    cleaned = " ".join(shown.split())
    if not 1 <= len(cleaned) <= 50:
        raise InvalidInput("A name has 1 to 50 characters.", field="name")
    return cleaned
