"""What ended on a day as one value: records of a fixed layout, and columns from them again. Pure."""

from collections.abc import Collection
from dataclasses import fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Measure, Outcome
from helpdesk.metrics.facts import KINDS, Columns, Facts, Resolutions, flag_of
from helpdesk.metrics.handled import Handlings
from helpdesk.metrics.questions import Question
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.wall_clocks import wall_clock
from helpdesk.sla.models import ClockKind

LAYOUT = 1
"""Another number whenever a record changes, or the meaning of anything in it: what was packed before is packed anew."""


class Subject(StrEnum):
    """What is packed."""

    INTERVALS = "intervals"
    HANDLING = "handling"


INTERVAL = np.dtype(
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

HANDLING = np.dtype(
    [
        ("ticket_id", "<i8"),
        ("agent_id", "<i8"),
        ("team_id", "<i8"),
        ("account_id", "<i8"),
        ("seconds", "<f8"),
    ]
)
"""One span of somebody's time at a ticket, as in Handlings."""

RECORD = {Subject.INTERVALS: INTERVAL, Subject.HANDLING: HANDLING}

Records = NDArray[np.void]


def intervals_of(facts: Facts, resolutions: Resolutions) -> Records:
    records = _records(facts, INTERVAL)
    records.sort(order="clock_id")
    places = np.searchsorted(records["clock_id"], resolutions.clock_id)
    # Read one after the other: what ended in between is in one of them only, and its day is noted as changed.
    is_there = places < len(records)
    is_there[is_there] = records["clock_id"][places[is_there]] == resolutions.clock_id[is_there]
    records["answers"][places[is_there]] = resolutions.answers[is_there]
    records["touches"][places[is_there]] = resolutions.touches[is_there]
    return records


def handlings_of(handlings: Handlings) -> Records:
    return _records(handlings, HANDLING)


def unpacked(packed: bytes, subject: Subject) -> Records:
    return np.frombuffer(packed, dtype=RECORD[subject])


def nothing(subject: Subject) -> Records:
    return np.empty(0, dtype=RECORD[subject])


def knows(scope: Scope) -> bool:
    """Whether it can be told of records. Priority and tags are those that a ticket has now."""
    return scope.priority is None and scope.tag_ids is None


def asked(records: Records, question: Question, also: Collection[Measure] = ()) -> Records:
    """Those that the person may count, and asked for."""
    kinds = {kind for measure in (question.measure, *also) for kind in measure.kinds}
    keep = _lie_in(records, question.scope)
    keep &= _are_among(records["kind"], {KINDS.index(kind) for kind in kinds})
    if question.agent_id is not None:
        keep &= records["agent_id"] == question.agent_id
    seconds = records["clock_seconds" if question.basis is Basis.CLOCK else "business_seconds"]
    if question.at_least is not None:
        keep &= seconds >= question.at_least
    if question.under is not None:
        keep &= seconds < question.under
    return records if keep.all() else records[keep]


def facts_from(records: Records, zone: str) -> Facts:
    return Facts(local=wall_clock(records["stopped"], zone), **_columns(records, Facts))


def resolutions_from(records: Records) -> Resolutions:
    is_resolve = records["kind"] == KINDS.index(ClockKind.RESOLUTION)
    is_resolve &= (records["outcomes"] & flag_of(Outcome.ANSWERED)).astype(np.bool_)
    return Resolutions(**_columns(records[is_resolve], Resolutions))


def handlings_from(records: Records, scope: Scope) -> Handlings:
    return Handlings(**_columns(records[_lie_in(records, scope)], Handlings))


def _lie_in(records: Records, scope: Scope) -> NDArray[np.bool_]:
    keep = _are_among(records["team_id"], scope.team_ids)
    if scope.account_ids is not None:
        keep &= _are_among(records["account_id"], scope.account_ids)
    if scope.agent_id is not None:
        keep &= records["agent_id"] == scope.agent_id
    return keep


def _records(columns: Columns, record: "np.dtype[np.void]") -> Records:
    records = np.zeros(len(columns), dtype=record)
    for name in {field.name for field in fields(columns)} & set(record.names or ()):
        records[name] = getattr(columns, name)
    return records


def _columns(records: Records, of: type[Columns]) -> dict[str, Any]:
    """Those of its columns that records have, each for itself and as wide as counting wants it."""
    names = set(records.dtype.names or ())
    columns = {field.name: records[field.name] for field in fields(of) if field.name in names}
    return {name: one.astype(np.float64 if one.dtype.kind == "f" else np.int64) for name, one in columns.items()}


def _are_among(column: NDArray[np.int64], ids: Collection[int]) -> NDArray[np.bool_]:
    return np.isin(column, np.fromiter(ids, dtype=np.int64, count=len(ids)))
