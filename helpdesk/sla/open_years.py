"""The open time of one year as a table to search: what makes business time fast enough for batches. Pure."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(at: dt.datetime) -> int:
    """Since 1970."""
    return (at - EPOCH) // MICROSECOND


def instant(microseconds: int) -> dt.datetime:
    """The reverse; aware, UTC."""
    return EPOCH + dt.timedelta(microseconds=microseconds)


@dataclass(frozen=True, kw_only=True)
class OpenYear:
    """The open spans of one UTC year, in microseconds since 1970, sorted, apart from each other.

    `total[i]` is the open time of the year up to the end of span i; `starts` is the beginning of the year.
    """

    opens: Sequence[int]
    closes: Sequence[int]
    total: Sequence[int]
    starts: int

    @classmethod
    def of_spans(cls, spans: Iterable[tuple[int, int]], *, starts: int, ends: int) -> "OpenYear":
        """From (opening, closing) pairs in any order, which may overlap or reach out of the year."""
        opens: list[int] = []
        closes: list[int] = []
        for opening, closing in sorted((max(a, starts), min(b, ends)) for a, b in spans):
            if opening >= closing:
                continue
            if closes and opening <= closes[-1]:
                closes[-1] = max(closes[-1], closing)
            else:
                opens.append(opening)
                closes.append(closing)
        return cls(opens=opens, closes=closes, total=_running_total(opens, closes), starts=starts)

    @property
    def opened(self) -> int:
        return self.total[-1] if self.total else 0

    @property
    def closes_last(self) -> int:
        return self.closes[-1] if self.closes else self.starts

    def opened_before(self, instant: int) -> int:
        """How much of the year's open time lies before an instant."""
        spans = bisect_right(self.opens, instant)
        return self.total[spans - 1] - max(0, self.closes[spans - 1] - instant) if spans else 0

    def instant_after(self, opened: int) -> int:
        """The first instant at which so much of the year's open time has passed."""
        span = bisect_left(self.total, opened)
        return self.closes[span] - (self.total[span] - opened)

    def opening_from(self, instant: int) -> int | None:
        """The first open instant from this one on; None when the year is over before."""
        span = bisect_right(self.closes, instant)
        return max(instant, self.opens[span]) if span < len(self.opens) else None

    def is_open(self, instant: int) -> bool:
        span = bisect_right(self.opens, instant) - 1
        return span >= 0 and instant < self.closes[span]


def _running_total(opens: Sequence[int], closes: Sequence[int]) -> list[int]:
    total: list[int] = []
    for opening, closing in zip(opens, closes, strict=True):
        total.append((total[-1] if total else 0) + closing - opening)
    return total
