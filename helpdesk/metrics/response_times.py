"""The figures of a question, read and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from helpdesk.metrics import counting, fact_queries
from helpdesk.metrics.definitions import Dimension, Measure, Outcome
from helpdesk.metrics.facts import KINDS, Facts
from helpdesk.metrics.lazy_columns import Groups
from helpdesk.metrics.questions import Figures, Question
from helpdesk.metrics.reading import read_facts
from helpdesk.sla.models import ClockKind


def figures(question: Question) -> Figures:
    return counting.figures(read_facts(question))


def figures_by(question: Question, dimension: Dimension) -> list[tuple[str, Figures]]:
    """(name, its figures), by name; what counts under several names counts in each."""
    facts = read_facts(question)
    return [(name, counting.figures(those)) for name, those in facts.named(fact_queries.names_of(question, dimension))]


def facts_by_measure(question: Question) -> Mapping[Measure, Facts]:
    """The intervals of every measure, read at once."""
    facts = read_facts(replace(question, measure=Measure.REPLY), also=[Measure.RESOLUTION])
    # What was answered stands beside each other in each measure, also in that of two kinds.
    is_odd = (facts.kind & 1).astype(np.bool_)
    in_order = facts.at(Groups(2 * facts.kind + (facts.came_to(Outcome.ANSWERED) ^ is_odd)).order)
    begins = np.searchsorted(in_order.kind, range(len(KINDS) + 1))

    def of(kinds: Sequence[ClockKind]) -> Facts:
        places = sorted(KINDS.index(kind) for kind in kinds)
        return in_order.at(slice(begins[places[0]], begins[places[-1] + 1]))

    # The kinds of a measure stand beside each other.
    return {measure: of(measure.kinds) for measure in Measure}
