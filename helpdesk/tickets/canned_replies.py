"""Canned replies: prepared text under a `/shortcut`, with variables that are filled in when it is chosen."""

import re
from collections.abc import Mapping

from sqlalchemy import update

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.canned_reply_queries import canned_reply_named
from helpdesk.tickets.models import CannedReply

VARIABLES: Mapping[str, str] = {
    "customer.name": "the customer's full name",
    "customer.first_name": "the customer's first name",
    "agent.name": "your full name",
    "agent.first_name": "your first name",
    "brand.name": "the brand's name",
    "ticket.number": "the ticket's number",
}

LONGEST_TITLE, LONGEST_BODY = 80, 10_000

_VARIABLE = re.compile(r"\{\{\s*([a-z_.]+)\s*\}\}")
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def add_canned_reply(*, brand_id: int, shortcut: str, title: str, body: str, owner: Agent | None) -> CannedReply:
    """`owner` None: shared by the brand's staff. Raises InvalidInput, or Conflict for a shortcut that is taken."""
    reply = CannedReply(brand_id=brand_id, owner_id=owner.id if owner else None)
    _write(reply, shortcut=shortcut, title=title, body=body)
    db.session.add(reply)
    return reply


def change_canned_reply(reply: CannedReply, *, shortcut: str, title: str, body: str) -> None:
    """Raises InvalidInput, or Conflict for a shortcut that another one has."""
    _write(reply, shortcut=shortcut, title=title, body=body)


def remove_canned_reply(reply: CannedReply) -> None:
    """What was sent with it stays as it was said."""
    db.session.delete(reply)


def _write(reply: CannedReply, *, shortcut: str, title: str, body: str) -> None:
    word = shortcut.strip().lstrip("/").lower()
    if not _SHORTCUT.fullmatch(word):
        raise InvalidInput("A shortcut has letters, digits and hyphens, up to 40.", field="shortcut")
    if len(title) > LONGEST_TITLE:
        raise InvalidInput(f"A title has at most {LONGEST_TITLE} characters.", field="title")
    if not body.strip():
        raise InvalidInput("Write the reply.", field="body")
    if len(body) > LONGEST_BODY:
        raise InvalidInput(f"A canned reply has at most {LONGEST_BODY:,} characters.", field="body")
    unknown = unknown_variables(body)
    if unknown:
        raise InvalidInput(f"There is no variable {{{{{unknown[0]}}}}}.", field="body")
    other = canned_reply_named(reply.brand_id, reply.owner_id, word)
    if other is not None and other.id != reply.id:
        raise Conflict(f"/{word} exists already.")
    reply.shortcut, reply.title, reply.body = word, title.strip() or word, body


def unknown_variables(body: str) -> list[str]:
    return [name for name in _VARIABLE.findall(body) if name not in VARIABLES]


def filled_in(body: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in; one without a value keeps its braces, so that nobody sends a gap."""
    return _VARIABLE.sub(lambda match: values.get(match[1]) or match[0], body)


def pieces(body: str, values: Mapping[str, str]) -> list[tuple[str, bool]]:
    """The same text in order, as (words, whether they were filled in), so that a preview can tell them apart."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _VARIABLE.finditer(body):
        found += [(body[end : match.start()], False), (values.get(match[1]) or match[0], bool(values.get(match[1])))]
        end = match.end()
    return [piece for piece in [*found, (body[end:], False)] if piece[0]]


def values_for(*, customer_name: str, agent_name: str, brand_name: str, ticket_id: int) -> dict[str, str]:
    """What the variables stand for on one ticket; "" where it is not known."""
    return {
        "customer.name": customer_name,
        "customer.first_name": _first_word(customer_name),
        "agent.name": agent_name,
        "agent.first_name": _first_word(agent_name),
        "brand.name": brand_name,
        "ticket.number": str(ticket_id),
    }


def _first_word(name: str) -> str:
    return name.split()[0] if name.split() else ""


def count_use(reply_id: int, *, brand_id: int) -> None:
    db.session.execute(
        update(CannedReply)
        .where(CannedReply.id == reply_id, CannedReply.brand_id == brand_id)
        .values(use_count=CannedReply.use_count + 1)
    )
