"""One line of a history file: what it may say, and what is refused of it. docs/history-format.md is for people."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from helpdesk.errors import InvalidInput
from helpdesk.sla.calendar import zone_named
from helpdesk.tickets.models import Priority
from helpdesk.tickets.tagging import clean_tag

LONGEST_ID = 500
LONGEST_TEXT = 100_000
LONGEST_NAME = 200
FIRST_YEAR = 2000
CLOCKS_MAY_DIFFER_BY = timedelta(minutes=5)

_PRIORITIES = frozenset(priority.word for priority in Priority)
_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")


class Unusable(ValueError):
    """A line that cannot be taken in; its words say why, and what to do."""


class Line(msgspec.Struct):
    """A line as it stands in the file; fields that are not named here are left alone."""

    conversation: str | int
    at: str | int | float
    kind: Literal["message", "resolved"] = "message"
    direction: Literal["in", "out", ""] = ""
    id: str | int | None = None
    text: str = ""
    author: str = ""
    automatic: bool = False
    customer: str | int = ""
    customer_name: str = ""
    brand: str = ""
    channel: str = ""
    team: str = ""
    priority: str = ""
    tags: list[str] = []
    zone: str = ""


COLUMNS = Line.__struct_fields__


class Record(msgspec.Struct):
    """A line that has been understood; kept between reading and writing.

    `direction` "" is a resolve. `author` is the e-mail address of who wrote or resolved, in lower case, or a name.
    `external_id` is "" where the file gives none.
    """

    at: datetime
    direction: Literal["in", "out", ""]
    external_id: str = ""
    text: str = ""
    author: str = ""
    is_automatic: bool = False
    customer: str = ""
    customer_name: str = ""
    team: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """The conversation that a record belongs to: one customer's with one brand over one channel."""

    brand: str
    channel: str
    conversation: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the lines of one file are to be understood.

    `brands` are the handles that may be named, with the teams of each; `brand` is meant where a line names none.
    `zone` is meant where a time has no offset. Nothing may have happened after `now`.
    """

    brands: Mapping[str, frozenset[str]]
    brand: str | None
    zone: tzinfo | None
    now: datetime
    keeps_entities: bool = False


def understand(fields: Mapping[str, Any], reading: Reading, *, is_text: bool) -> tuple[Place, Record]:
    """What a line says. `is_text`: every value is written as text, as in CSV. Raises Unusable."""
    try:
        line = msgspec.convert(fields, Line, strict=not is_text)
    except msgspec.ValidationError as error:
        raise Unusable(_plainly(error)) from None
    if line.kind == "message" and not line.direction:
        raise Unusable("direction is missing: a message is “in” (from the customer) or “out”")
    words = line.text if reading.keeps_entities else html.unescape(line.text)
    if len(words) > LONGEST_TEXT:
        raise Unusable(f"text is longer than {LONGEST_TEXT:,} characters")
    brand, team = _brand(line, reading), _short(line.team, "team", LONGEST_NAME)
    if team and team not in reading.brands[brand]:
        raise Unusable(f"{brand} has no team {team[:40]!r}; its teams are {', '.join(sorted(reading.brands[brand]))}")
    place = Place(
        brand=brand,
        channel=_short(line.channel, "channel", LONGEST_NAME) or "history",
        conversation=_required(_short(str(line.conversation), "conversation", LONGEST_ID), "conversation"),
    )
    record = Record(
        at=_instant(line, reading),
        direction=line.direction if line.kind == "message" else "",
        external_id="" if line.id is None else _short(str(line.id), "id", LONGEST_ID),
        text=_storable(words),
        author=_short(line.author, "author", LONGEST_NAME).lower(),
        is_automatic=line.automatic,
        customer=_short(str(line.customer), "customer", LONGEST_ID),
        customer_name=_short(line.customer_name, "customer_name", LONGEST_NAME),
        team=team,
        priority=_priority(line.priority),
        tags=tuple(dict.fromkeys(_tag(tag) for tag in line.tags if tag.strip())),
    )
    return place, record


def from_csv(row: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """A row's cells by column; empty ones are left out. Raises Unusable when there are more or fewer than columns."""
    if len(row) != len(names):
        raise Unusable(f"it has {len(row)} cells, the first line names {len(names)} columns")
    fields: dict[str, Any] = {name: cell for name, cell in zip(names, row, strict=True) if cell.strip()}
    if "tags" in fields:
        fields["tags"] = [tag.strip() for tag in fields["tags"].replace(";", ",").split(",")]
    if "automatic" in fields:
        fields["automatic"] = _truth(fields["automatic"])
    return fields


def _plainly(error: msgspec.ValidationError) -> str:
    """The library's words, which name the field as `$.text`, as a person would say it."""
    reason, _, path = str(error).replace("`", "").partition(" - at $.")
    return f"{path}: {reason}" if path else reason[:1].lower() + reason[1:]


def _truth(words: str) -> bool:
    match words.strip().lower():
        case "true" | "yes" | "1":
            return True
        case "false" | "no" | "0":
            return False
        case _:
            raise Unusable(f"automatic is yes or no, not {words[:20]!r}")


def _brand(line: Line, reading: Reading) -> str:
    brand = line.brand.strip().lower().removeprefix("@") or reading.brand
    if brand is None:
        raise Unusable("brand is missing, and there are several; name it in the line, or for the whole file")
    if brand not in reading.brands:
        raise Unusable(f"there is no brand {brand[:40]!r} here that you may import for")
    return brand


def _instant(line: Line, reading: Reading) -> datetime:
    at = _parsed(line.at)
    if at.tzinfo is None:
        zone = _zone(line.zone) if line.zone else reading.zone
        if zone is None:
            raise Unusable(f"at {str(line.at)[:40]!r} does not say in which zone; write an offset, or give a zone")
        at = at.replace(tzinfo=zone)
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise Unusable(f"at {str(line.at)[:40]!r} lies outside the calendar") from None
    if at.year < FIRST_YEAR:
        raise Unusable(f"at {at.date()} lies before {FIRST_YEAR}")
    if at > reading.now + CLOCKS_MAY_DIFFER_BY:
        raise Unusable(f"at {at:%Y-%m-%d %H:%M} UTC is still to come")
    return min(at, reading.now)


def _parsed(at: str | int | float) -> datetime:
    try:
        if not isinstance(at, str):
            return datetime.fromtimestamp(at, UTC)
        return _parsed_words(at.strip())
    except (ValueError, OverflowError, OSError):
        raise Unusable(f"at {str(at)[:40]!r} is no time; write it as 2026-11-22T09:30:00+01:00") from None


def _parsed_words(words: str) -> datetime:
    """ISO 8601; seconds since 1970; or as e-mail and Twitter's archives write it."""
    if _SECONDS.fullmatch(words):
        return datetime.fromtimestamp(float(words), UTC)
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return parsedate_to_datetime(words)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except InvalidInput:
        raise Unusable(f"there is no time zone {name[:40]!r}") from None


def _priority(words: str) -> str:
    priority = words.strip().lower()
    if priority and priority not in _PRIORITIES:
        raise Unusable(f"priority is low, normal, high or urgent, not {words[:20]!r}")
    return priority


def _tag(words: str) -> str:
    """As it is written here, so that it is the same tag."""
    try:
        return clean_tag(_storable(words))
    except InvalidInput as error:
        raise Unusable(f"tags: {error}") from None


def _short(words: str, field: str, longest: int) -> str:
    if len(words) > longest:
        raise Unusable(f"{field} is longer than {longest} characters")
    return _storable(words).strip()


def _required(words: str, field: str) -> str:
    if not words:
        raise Unusable(f"{field} is empty")
    return words


def _storable(words: str) -> str:
    """Without NUL and lone halves of surrogate pairs, which no database keeps."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode()
