"""What this process read last of packed days: most questions are of the same days, and all of days that hardly change.

A version of a day never becomes another, so nothing that is kept here can be wrong; whether a day is still packed in
this version, is asked each time (reading.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from helpdesk.metrics import packed, packed_queries
from helpdesk.metrics.columns import Columns
from helpdesk.metrics.packed import Records, Subject


def days(subject: Subject, versions: Mapping[date, UUID]) -> tuple[Collection[date], Any]:
    """Those of the days whose version is still there, and what is packed of them, as `Packed` or `Handlings`."""
    wanted = tuple(versions.values())
    for held in list(_stretches):
        first = _place(wanted, held)
        if first is not None:
            return versions.keys(), _stretches[held].part(first, len(wanted))
    records = _records(subject, versions)
    stretch = _Stretch(
        versions=tuple(versions[day] for day in records),
        ends=np.cumsum([len(of_a_day) for of_a_day in records.values()]),
        columns=packed.columns_of(records.values(), subject),
    )
    if records and len(stretch) < _stretches.maxsize:
        _stretches[stretch.versions] = stretch
    return records.keys(), stretch.columns


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretch:
    """Days one after the other, by their versions, and where in the columns each ends."""

    versions: tuple[UUID, ...]
    ends: NDArray[np.int64]
    columns: Columns

    def __len__(self) -> int:
        return int(self.ends[-1])

    def part(self, first: int, count: int) -> Columns:
        """Of so many of its days, from the first of them on."""
        begin = self.ends[first - 1] if first else 0
        return self.columns.at(slice(begin, self.ends[first + count - 1]))


def _place(few: tuple[UUID, ...], many: tuple[UUID, ...]) -> int | None:
    """Where these versions are among the others, one after the other."""
    if not few or few[0] not in many:
        return None
    first = many.index(few[0])
    return first if many[first : first + len(few)] == few else None


def _records(subject: Subject, versions: Mapping[date, UUID]) -> dict[date, Records]:
    """day → its records, of the days whose version is still there."""
    held = {version: _remembered.get(version) for version in versions.values()}
    missing = {day: version for day, version in versions.items() if held[version] is None}
    read = {
        version: packed.unpacked(records, subject)
        for version, records in packed_queries.packed_records(subject, missing).items()
    }
    _remembered.update({v: records for v, records in read.items() if len(records) < _remembered.maxsize})
    found = {day: read.get(version, held[version]) for day, version in versions.items()}
    return {day: records for day, records in found.items() if records is not None}


_remembered: LRUCache[UUID, Records] = LRUCache(maxsize=500_000, getsizeof=lambda records: len(records) + 1)
"""The days that this process read last, 88 bytes an interval: the next period is made of almost the same."""

_stretches: LRUCache[tuple[UUID, ...], _Stretch] = LRUCache(maxsize=500_000, getsizeof=lambda days: len(days) + 1)
"""Days as columns, at most 104 bytes an interval: a page that is looked at again, narrowed, or of a part of them."""
