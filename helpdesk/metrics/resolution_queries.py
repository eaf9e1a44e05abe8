"""The SELECTs of what the tickets that were resolved in a period took."""

from collections.abc import Sequence
from typing import Any
from typing import cast as typed

from sqlalchemy import select, true

from helpdesk.columns import read_columns
from helpdesk.metrics.definitions import Touch
from helpdesk.metrics.fact_queries import facts_of
from helpdesk.metrics.facts import Resolutions
from helpdesk.metrics.grouping import sum_of_flags
from helpdesk.metrics.questions import Question
from helpdesk.metrics.touch_queries import is_of, touches_of
from helpdesk.sla.timing import Span


def resolutions_in(spans: Sequence[Span], question: Question) -> Resolutions:
    """The question is of resolutions: those of the intervals it counts as answered that ended in these spans."""
    facts = facts_of(question, spans=spans, with_running=False)
    touches = touches_of(facts.c.ticket_id)
    took = (
        select(
            facts.c.clock_id,
            facts.c.team_id,
            facts.c.agent_id,
            touches.c.answers,
            sum_of_flags((touch, is_of(touches, touch)) for touch in Touch).label("touches"),
        )
        .join(touches, true())
        .where(facts.c.is_answered)
        .subquery("took")
    )
    return Resolutions(**typed(Any, read_columns(took, floats={}, integers=dict(took.c))))
