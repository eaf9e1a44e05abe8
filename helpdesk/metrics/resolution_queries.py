"""The SELECTs of what the tickets that were resolved in a period took."""

from typing import Any

from sqlalchemy import func, select, true

from helpdesk.metrics.definitions import Dimension, Touch
from helpdesk.metrics.fact_queries import facts_of, named_facts
from helpdesk.metrics.questions import Question
from helpdesk.metrics.touch_queries import is_of, touches_of
from helpdesk.metrics.workload import Resolved
from helpdesk.orm import db


def resolved(question: Question, dimension: Dimension | None) -> dict[str | None, Resolved]:
    """name → what those resolved under it took; see `named_by`. Without a dimension all, under None.

    The question is of resolutions: what is counted here are the intervals that it counts as answered.
    """
    facts = facts_of(question)
    name, joined = named_facts(question, facts, dimension)
    touches = touches_of(facts.c.ticket_id)
    counted = (
        select(
            name.label("name"),
            func.count().label("n"),
            func.coalesce(func.sum(touches.c.answers), 0).label("answers"),
            *(func.count().filter(is_of(touches, touch)).label(touch.name) for touch in Touch),
        )
        .select_from(joined)
        .join(touches, true())
        .where(facts.c.is_answered)
    )
    rows = db.session.execute(counted.group_by(name) if dimension else counted)
    return {row.name: _resolved(row) for row in rows}


def _resolved(row: Any) -> Resolved:
    return Resolved(n=row.n, answers=int(row.answers), touches={touch: row._mapping[touch.name] for touch in Touch})
