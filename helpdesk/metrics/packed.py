"""A day's intervals as one value: records of a fixed layout, and Facts from them again. Pure."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Measure, Outcome
from helpdesk.metrics.facts import KINDS, Facts, Intervals, Resolutions, flag_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.wall_clocks import wall_clock
from helpdesk.sla.models import ClockKind

LAYOUT = 1
"""Another number whenever RECORD changes, or the meaning of anything in it: what was packed before is packed anew."""

RECORD = np.dtype(
    [
        ("clock_id", "<i8"),
        ("team_id", "<i8"),
        ("agent_id", "<i8"),
        ("account_id", "<i8"),
        ("clock_seconds", "<f8"),
        ("business_seconds", "<f8"),
        ("target_seconds", "<f8"),
        ("started", "<f8"),
        ("stopped", "<f8"),
        ("kind", "<i4"),
        ("outcomes", "<i4"),
        ("answers", "<i4"),
        ("touches", "<i4"),
    ]
)
"""One interval that has ended: as in Facts, and with what its ticket took where a resolve ended it."""

_NAMES = frozenset(RECORD.names or ())

Records = NDArray[np.void]

NONE: Records = np.empty(0, dtype=RECORD)


def records_of(facts: Facts, resolutions: Resolutions) -> Records:
    records = np.zeros(len(facts), dtype=RECORD)
    for field in fields(facts):
        if field.name in _NAMES:
            records[field.name] = getattr(facts, field.name)
    records.sort(order="clock_id")
    places = np.searchsorted(records["clock_id"], resolutions.clock_id)
    # Read one after the other: what ended in between is in one of them only, and its day is noted as changed.
    is_there = places < len(records)
    is_there[is_there] = records["clock_id"][places[is_there]] == resolutions.clock_id[is_there]
    records["answers"][places[is_there]] = resolutions.answers[is_there]
    records["touches"][places[is_there]] = resolutions.touches[is_there]
    return records


def unpacked(packed: bytes) -> Records:
    return np.frombuffer(packed, dtype=RECORD)


def can_answer(question: Question) -> bool:
    """Priority and tags are those that a ticket has now, and what a question says of touches asks for its ticket."""
    return question.scope.priority is None and question.scope.tag_ids is None and question.touch is None


def asked(records: Records, question: Question, also: Collection[Measure] = ()) -> Records:
    """Those that the person may count, and asked for; `can_answer` says of which questions this is known."""
    scope = question.scope
    kinds = {kind for measure in (question.measure, *also) for kind in measure.kinds}
    keep = _is_one_of(records["kind"], {KINDS.index(kind) for kind in kinds})
    keep &= _is_one_of(records["team_id"], scope.team_ids)
    if scope.account_ids is not None:
        keep &= _is_one_of(records["account_id"], scope.account_ids)
    for agent_id in (scope.agent_id, question.agent_id):
        if agent_id is not None:
            keep &= records["agent_id"] == agent_id
    seconds = records["clock_seconds" if question.basis is Basis.CLOCK else "business_seconds"]
    if question.at_least is not None:
        keep &= seconds >= question.at_least
    if question.under is not None:
        keep &= seconds < question.under
    return records[keep]


def facts_from(records: Records, zone: str) -> Facts:
    return Facts(local=wall_clock(records["stopped"], zone), **_columns(records, Facts))


def resolutions_from(records: Records) -> Resolutions:
    is_resolve = records["kind"] == KINDS.index(ClockKind.RESOLUTION)
    is_resolve &= (records["outcomes"] & flag_of(Outcome.ANSWERED)).astype(np.bool_)
    return Resolutions(**_columns(records[is_resolve], Resolutions))


def _columns(records: Records, of: type[Intervals]) -> dict[str, Any]:
    """Those of its columns that records have, each for itself and as wide as counting wants it."""
    columns = {field.name: records[field.name] for field in fields(of) if field.name in _NAMES}
    return {name: one.astype(np.float64 if one.dtype.kind == "f" else np.int64) for name, one in columns.items()}


def _is_one_of(column: NDArray[np.int64], ids: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(column, np.fromiter(ids, dtype=np.int64, count=len(ids)))
