"""The SELECTs of the intervals behind a number: those it counts, in the order that a person reads them."""

from collections.abc import Collection

from sqlalchemy import select, true

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Dimension, Outcome
from helpdesk.metrics.fact_queries import came_to, facts_of, named_facts
from helpdesk.metrics.questions import Answered, Interval, Question
from helpdesk.metrics.scope_queries import customer_of
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team


def answered(question: Question, dimension: Dimension | None) -> list[Answered]:
    """Each answered interval by itself, with the name that it counts under (None without a dimension)."""
    facts = facts_of(question)
    name, joined = named_facts(question, facts, dimension)
    rows = db.session.execute(
        select(name.label("name"), facts.c.clock_id, facts.c.started_at, facts.c.stopped_at)
        .select_from(joined)
        .where(facts.c.is_answered)
    )
    return [Answered(**row._mapping) for row in rows]


def intervals(question: Question, outcome: Outcome, clock_ids: Collection[int] | None = None) -> list[Interval]:
    """The rows that a number counts, or those of them that are given.

    Those still open come first, the longest first; then those that ended, the latest first: as `counting.listed`.
    """
    facts = facts_of(question, clock_ids=clock_ids)
    counted = select(facts).where(came_to(facts, outcome)).subquery()
    customer = customer_of(counted.c.ticket_id)
    named = (
        select(
            *(counted.c[name] for name in _SHOWN),
            customer.c.name.label("customer"),
            ChannelAccount.network,
            Team.name.label("team"),
            Agent.name.label("agent"),
        )
        .select_from(counted)
        .join(customer, true())
        .join(ChannelAccount, ChannelAccount.id == counted.c.account_id)
        .join(Team, Team.id == counted.c.team_id)
        .outerjoin(Agent, Agent.id == counted.c.agent_id)
        .order_by(counted.c.stopped_at.desc().nulls_first(), counted.c.started_at, counted.c.clock_id)
    )
    return [Interval(**row._mapping) for row in db.session.execute(named)]


_SHOWN = (
    "clock_id",
    "ticket_id",
    "kind",
    "message_id",
    "started_at",
    "stopped_at",
    "due_at",
    "target_seconds",
    "clock_seconds",
    "business_seconds",
    "is_kept",
    "is_broken",
)
