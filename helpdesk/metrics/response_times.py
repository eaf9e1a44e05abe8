"""The figures of a question, read and counted."""

from collections.abc import Mapping
from dataclasses import replace

from helpdesk.metrics import counting, fact_queries
from helpdesk.metrics.definitions import Dimension, Measure
from helpdesk.metrics.facts import Facts
from helpdesk.metrics.questions import Figures, Question
from helpdesk.metrics.reading import read_facts


def figures(question: Question) -> Figures:
    return counting.figures(read_facts(question))


def figures_by(question: Question, dimension: Dimension) -> list[tuple[str, Figures]]:
    """(name, its figures), by name; what counts under several names counts in each."""
    facts = read_facts(question)
    return [(name, counting.figures(those)) for name, those in facts.named(fact_queries.names_of(question, dimension))]


def facts_by_measure(question: Question) -> Mapping[Measure, Facts]:
    """The intervals of every measure, read at once."""
    facts = read_facts(replace(question, measure=Measure.REPLY), also=[Measure.RESOLUTION])
    return {measure: facts.of_kinds(measure.kinds) for measure in Measure}
