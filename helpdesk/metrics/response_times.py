"""The figures of a question, read and counted."""

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter

import numpy as np

from helpdesk.metrics import counting, fact_queries
from helpdesk.metrics.definitions import Dimension, Measure
from helpdesk.metrics.facts import Facts
from helpdesk.metrics.questions import Figures, Question


def figures(question: Question) -> Figures:
    return counting.figures(fact_queries.read_facts(question))


def figures_by(question: Question, dimension: Dimension) -> list[tuple[str, Figures]]:
    """(name, its figures), by name; what counts under several names counts in each."""
    facts = fact_queries.read_facts(question)
    place_of = {clock_id: place for place, clock_id in enumerate(facts.clock_id.tolist())}
    places: dict[str, list[int]] = {}
    for clock_id, name in fact_queries.names_of(question, dimension):
        # What was answered between the two readings is in neither.
        if clock_id in place_of:
            places.setdefault(name, []).append(place_of[clock_id])
    found = [(name, counting.figures(facts.at(np.array(those)))) for name, those in places.items()]
    return sorted(found, key=itemgetter(0))


def facts_by_measure(question: Question) -> Mapping[Measure, Facts]:
    """The intervals of every measure, read at once."""
    facts = fact_queries.read_facts(replace(question, measure=Measure.REPLY), also=[Measure.RESOLUTION])
    return {measure: facts.of_kinds(measure.kinds) for measure in Measure}
