"""The packed days that this process read last: most questions are of the same, and a day hardly ever changes.

A version of a day never becomes another, so nothing that is kept here can be wrong; whether a day is still packed in
this version, is asked each time (reading.py).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from helpdesk.metrics import packed, packed_queries
from helpdesk.metrics.lazy_columns import Columns
from helpdesk.metrics.packed import Days


def days(of: type[Days], versions: Mapping[date, UUID]) -> dict[date, Days]:
    """day → what is packed of it, of those whose version is still there."""
    held = {version: _remembered.get(version) for version in versions.values()}
    missing = {day: version for day, version in versions.items() if held[version] is None}
    packings = packed_queries.packed_records(packed.SUBJECTS[of], missing)
    read = {version: packed.unpacked(records, of) for version, records in packings.items()}
    _remembered.update({version: day for version, day in read.items() if _size(day) < _remembered.maxsize})
    found = {day: read.get(version, held[version]) for day, version in versions.items()}
    return {day: those for day, those in found.items() if those is not None}


def _size(day: Columns) -> int:
    """In intervals; what a day takes without any is as much as thirty do."""
    return len(day) + 30


_remembered: LRUCache[UUID, Any] = LRUCache(maxsize=500_000, getsizeof=_size)
"""An interval takes 104 bytes, so at most some fifty megabytes."""
