"""What the clock on a wall showed, for many instants at once. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from helpdesk.metrics.facts import DAY


def wall_clock(instants: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """Seconds since 1970 of the zone's wall clock, for instants in seconds since 1970; NaN stays NaN."""
    is_there = ~np.isnan(instants)
    if not is_there.any():
        return instants.copy()
    seconds = np.floor(np.where(is_there, instants, instants[is_there][0])).astype(np.int64)
    days = seconds // DAY
    first = int(days.min())
    # One offset for a day, unless the clock was changed on it.
    midnights = range(first, int(days.max()) + 2)
    offsets = np.array([_offset(day * DAY, zone) for day in midnights])
    changes = np.diff(offsets)
    local = instants.copy()
    if not changes.any():
        local += offsets[0]
        return local
    found = offsets[days - first]
    for place in np.flatnonzero(changes[days - first]):
        found[place] = _offset(float(seconds[place]), zone)
    local += found
    return local


def _offset(instant: float, zone: str) -> float:
    offset = datetime.fromtimestamp(instant, ZoneInfo(zone)).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0
