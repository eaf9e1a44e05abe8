"""How a claim is measured: ours and its limit by turns in one sitting, and one result to print.

Absolute figures depend on the machine and on what else runs there. A ratio is taken within each turn, of two
figures that were measured seconds apart, so a machine that slows down slows both.
"""

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a ratio is to be: at least (`>=`) or at most (`<=`) a number."""

    sign: Literal[">=", "<="]
    number: float

    def is_met_by(self, ratio: float) -> bool:
        return ratio >= self.number if self.sign == ">=" else ratio <= self.number

    def __str__(self) -> str:
        return f"{self.sign} {self.number:g}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """The last line of a benchmark.

    `value` and `limit` are medians in `unit`; `ratio` is the median of value / limit of each turn, and `spread` its
    least and greatest. Without a limit the spread is that of the value, and there is no ratio to judge.
    """

    name: str
    value: float
    unit: str
    limit: float | None
    ratio: float | None
    goal: str | None
    met: bool | None
    n: int
    spread: tuple[float, float]

    @property
    def line(self) -> str:
        return json.dumps({name: _rounded(value) for name, value in asdict(self).items()})


def by_turns(turns: int, ours: Callable[[], float], limit: Callable[[], float]) -> list[tuple[float, float]]:
    """(ours, limit) of each turn, after one of each that does not count."""
    ours(), limit()
    return [(ours(), limit()) for _ in range(turns)]


def judged(name: str, unit: str, measured: Sequence[tuple[float, float]], goal: Goal) -> Result:
    """The result of what was measured by turns."""
    ratios = [value / limit for value, limit in measured]
    ratio = median(ratios)
    return Result(
        name=name,
        value=median(value for value, _ in measured),
        unit=unit,
        limit=median(limit for _, limit in measured),
        ratio=ratio,
        goal=str(goal),
        met=goal.is_met_by(ratio),
        n=len(measured),
        spread=(min(ratios), max(ratios)),
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under their heads; the first is words, the others are figures."""
    cells = [list(heads), *([_shown(value) for value in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(heads))]
    lines = ["  ".join(_aligned(row[n], widths[n], is_words=n == 0) for n in range(len(heads))) for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def machine() -> str:
    """The facts without which a figure says nothing."""
    one, five, _ = os.getloadavg()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load {one:.1f} now, {five:.1f} over 5 minutes"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as facts:
            return next(line.partition(":")[2].strip() for line in facts if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _aligned(cell: str, width: int, *, is_words: bool) -> str:
    return cell.ljust(width) if is_words else cell.rjust(width)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    return [_rounded(one) for one in value] if isinstance(value, tuple) else value
