"""Business time counted in a calendar that is asked for, in place of the one that was promised.

An interval's pauses are left out as they were; only the opening hours are others.
"""

from collections.abc import Collection

import numpy as np

from helpdesk.errors import InvalidInput
from helpdesk.metrics import interval_queries
from helpdesk.metrics.counting import times_of
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.questions import Question, Times
from helpdesk.sla import queries, timing
from helpdesk.sla.calendar import BusinessHours
from helpdesk.sla.policies import hours_from


def named_hours(brand_ids: Collection[int], name: str) -> BusinessHours:
    """The opening hours of this name, of one of the brands. Raises InvalidInput when there are none, or several."""
    found = {str(version.definition): version for version in queries.newest_called(brand_ids, name)}
    if len(found) != 1:
        words = f"opening hours called {name[:80]!r}"
        reason = f"several brands have {words}; name the brand" if found else f"there are no {words}"
        raise InvalidInput(reason, field="business_hours")
    return hours_from(next(iter(found.values())).definition)


def times_in(hours: BusinessHours, question: Question, by: Dimension | None) -> dict[str | None, Times]:
    """name → the business times of what was answered, in seconds; those of all under None."""
    answered = interval_queries.answered(question, by)
    pauses = queries.pauses_of(sorted({one.clock_id for one in answered})) if answered else {}
    took = {
        one.clock_id: timing.run_time(
            one.started_at, one.stopped_at, hours, timing.finished(pauses[one.clock_id])
        ).total_seconds()
        for one in answered
    }
    named: dict[str | None, list[float]] = {None: list(took.values())}
    for one in answered:
        if one.name is not None:
            named.setdefault(one.name, []).append(took[one.clock_id])
    return {name: times_of(np.array(values)) for name, values in named.items()}
