"""The send limit of one account: so many calls in a window that begins with its first call."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk import clock


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What the rate-limit headers of one answer say."""

    limit: int
    remaining: int
    resets_at: datetime
    is_over: bool

    def headers(self) -> dict[str, str]:
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(self.remaining),
            "x-rate-limit-reset": str(int(self.resets_at.timestamp())),
        }


class SendLimit:
    def __init__(self, limit: int, window: timedelta) -> None:
        self.limit = limit
        self.window = window
        self._lock = threading.Lock()
        self._used = 0
        self._resets_at: datetime | None = None

    def count(self) -> Allowance:
        """Count one call, whatever becomes of it."""
        at = clock.now()
        with self._lock:
            if self._resets_at is None or at >= self._resets_at:
                self._used, self._resets_at = 0, at + self.window
            self._used += 1
            remaining = max(self.limit - self._used, 0)
            return Allowance(
                limit=self.limit, remaining=remaining, resets_at=self._resets_at, is_over=self._used > self.limit
            )

    def use_up(self) -> None:
        """Whatever was left of this window is gone."""
        at = clock.now()
        with self._lock:
            if self._resets_at is None or at >= self._resets_at:
                self._resets_at = at + self.window
            self._used = max(self._used, self.limit)

    def change(self, *, limit: int, window: timedelta) -> None:
        with self._lock:
            self.limit, self.window = limit, window
            self._used, self._resets_at = 0, None
