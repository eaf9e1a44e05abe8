"""How counted rows are taken apart: what each counts under, and what has to be joined to know it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal, null, true

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Dimension, Outcome, Touch
from helpdesk.metrics.facts import flag_of
from helpdesk.metrics.scope_queries import place_of
from helpdesk.people.models import Agent, Brand, Team
from helpdesk.tickets.models import Priority, Tag, TicketTag


def named_by(
    dimension: Dimension | None,
    rows: FromClause,
    *,
    ticket_id: Any,
    team_id: Any,
    account_id: Any,
    agent_id: Any,
    local: Any,
) -> tuple[ColumnElement[str], FromClause]:
    """(name, where it comes from), by columns of `rows`; `local` is the wall clock's time of what is counted.

    A ticket with several tags counts under each; nobody's, and without tag or time, is under "". Without a dimension
    all have no name (NULL).
    """
    match dimension:
        case None:
            return cast(null(), Text), rows
        case Dimension.AGENT:
            # Two may have one name.
            name = func.coalesce(Agent.name + " <" + Agent.email + ">", "")
            return name, rows.outerjoin(Agent, Agent.id == agent_id)
        case Dimension.TEAM:
            return func.concat(Brand.handle, "/", Team.name), _with_brand(rows, team_id)
        case Dimension.BRAND:
            return func.concat(Brand.handle), _with_brand(rows, team_id)
        case Dimension.CHANNEL:
            account = func.concat(ChannelAccount.network, " @", ChannelAccount.handle)
            return account, rows.join(ChannelAccount, ChannelAccount.id == account_id)
        case Dimension.PRIORITY:
            place = place_of(ticket_id)
            return _priority_word(place.c.priority), rows.join(place, true())
        case Dimension.HOUR:
            return func.coalesce(func.to_char(local, "HH24:00"), ""), rows
        case Dimension.WEEKDAY:
            # By number first, so that they sort as a week does.
            return func.coalesce(func.to_char(local, "ID FMDay"), ""), rows
        case Dimension.TAG:
            tagged = rows.outerjoin(TicketTag, TicketTag.ticket_id == ticket_id)
            return func.coalesce(Tag.name, ""), tagged.outerjoin(Tag, Tag.id == TicketTag.tag_id)


def _priority_word(priority: ColumnElement[int]) -> ColumnElement[str]:
    """By number first, so that they sort from the lowest up: 1 low, 2 normal, …"""
    return case({one.value: f"{one.value} {one.word}" for one in Priority}, value=priority, else_="")


def _with_brand(rows: FromClause, team_id: Any) -> FromClause:
    return rows.join(Team, Team.id == team_id).join(Brand, Brand.id == Team.brand_id)


def sum_of_flags(flags: Iterable[tuple[Outcome | Touch, ColumnElement[bool]]]) -> ColumnElement[int]:
    """As `flag_of` tells them apart again."""
    return sum((case((is_it, flag_of(one)), else_=0) for one, is_it in flags), start=literal(0))
