"""What ended on a day as one value: records of a fixed layout, and columns from them again. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.definitions import Basis, Measure, Outcome
from helpdesk.metrics.facts import KINDS, Facts, Resolutions, Timed, flag_of
from helpdesk.metrics.handled import Handlings
from helpdesk.metrics.lazy_columns import Columns, together
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.wall_clocks import wall_clock
from helpdesk.sla.models import ClockKind

LAYOUT = 2
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
        ("ended", "<f8"),
    ]
)
"""One span of somebody's time at a ticket, as in Handlings."""

RECORD = {Subject.INTERVALS: INTERVAL, Subject.HANDLING: HANDLING}


@dataclass(frozen=True, kw_only=True, eq=False)
class Packed(Timed):
    """Intervals as they are packed; `answers` and `touches` as in Resolutions."""

    answers: NDArray[np.int64]
    touches: NDArray[np.int64]


SUBJECTS: Mapping[type, Subject] = {Packed: Subject.INTERVALS, Handlings: Subject.HANDLING}

Days = TypeVar("Days", Packed, Handlings)

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


def unpacked(packed: bytes, of: type[Days]) -> Days:
    """Each column for itself, and as wide as counting wants it."""
    records = np.frombuffer(packed, dtype=RECORD[SUBJECTS[of]])
    wide = {"f": np.float64, "i": np.int64}
    columns: dict[str, Any] = {
        name: records[name].astype(wide[records.dtype[name].kind]) for name in records.dtype.names or ()
    }
    return of(**columns)


def of_days(of: type[Days], days: Iterable[Days]) -> Days:
    """What is packed of any number of days, together."""
    return together(of, [unpacked(b"", of), *days])


def ended_in(columns: Days, period: Period) -> Days:
    """Those that ended in the period: a day in UTC may lie in it in part."""
    ended = columns.stopped if isinstance(columns, Packed) else columns.ended
    is_in = (ended >= period.since.timestamp()) & (ended < period.until.timestamp())
    return columns if is_in.all() else columns.at(is_in)


def knows(scope: Scope) -> bool:
    """Whether it can be told of records. Priority and tags are those that a ticket has now."""
    return scope.priority is None and scope.tag_ids is None


def asked(packed: Packed, question: Question, also: Collection[Measure] = ()) -> Packed:
    """Those that the person may count, and asked for."""
    kinds = {kind for measure in (question.measure, *also) for kind in measure.kinds}
    keep = _lie_in(packed, question.scope)
    keep &= _are_among(packed.kind, {KINDS.index(kind) for kind in kinds})
    if question.agent_id is not None:
        keep &= packed.agent_id == question.agent_id
    seconds = packed.clock_seconds if question.basis is Basis.CLOCK else packed.business_seconds
    if question.at_least is not None:
        keep &= seconds >= question.at_least
    if question.under is not None:
        keep &= seconds < question.under
    return packed if keep.all() else packed.at(keep)


def facts_from(packed: Packed, zone: str) -> Facts:
    return Facts.made_by(
        lambda name: wall_clock(packed.stopped, zone) if name == "local" else getattr(packed, name),
    )


def resolutions_from(packed: Packed) -> Resolutions:
    is_resolve = packed.kind == KINDS.index(ClockKind.RESOLUTION)
    is_resolve &= (packed.outcomes & flag_of(Outcome.ANSWERED)).astype(np.bool_)
    resolves = packed.at(is_resolve)
    return Resolutions.made_by(lambda name: getattr(resolves, name))


def handlings_from(handlings: Handlings, scope: Scope) -> Handlings:
    return handlings.at(_lie_in(handlings, scope))


def _lie_in(columns: Packed | Handlings, scope: Scope) -> NDArray[np.bool_]:
    keep = _are_among(columns.team_id, scope.team_ids)
    if scope.account_ids is not None:
        keep &= _are_among(columns.account_id, scope.account_ids)
    if scope.agent_id is not None:
        keep &= columns.agent_id == scope.agent_id
    return keep


def _records(columns: Columns, record: "np.dtype[np.void]") -> Records:
    records = np.zeros(len(columns), dtype=record)
    for name in {field.name for field in fields(columns)} & set(record.names or ()):
        records[name] = getattr(columns, name)
    return records


def _are_among(column: NDArray[np.int64], ids: Collection[int]) -> NDArray[np.bool_]:
    """Looked up in a table of all ids, which are small: `np.isin` takes ten times as long."""
    is_one = np.zeros(max([int(column.max(initial=0)), *ids]) + 1, dtype=np.bool_)
    is_one[list(ids)] = True
    found: NDArray[np.bool_] = is_one[column]
    return found
