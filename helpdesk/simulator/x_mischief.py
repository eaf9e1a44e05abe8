"""What goes wrong on the made-up X by itself: how events are told, and what becomes of a send, as the dice fall."""

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk import clock
from helpdesk.simulator import x_wire
from helpdesk.simulator.x_dice import ERRORS, SENT, Dice
from helpdesk.simulator.x_faults import Fault, fault_named
from helpdesk.simulator.x_webhooks import SignatureKind
from helpdesk.simulator.x_wire import Event
from helpdesk.simulator.x_world import DirectMessage

if TYPE_CHECKING:
    from helpdesk.simulator.x_platform import XPlatform

OUTAGE = timedelta(days=1)
LONGEST_DELAY = timedelta(hours=1)
OVERTAKEN_WITHIN = timedelta(minutes=1)
BATCH_WAITS = timedelta(seconds=10)
BATCH_MAX = 20
REVOKED_FOR = timedelta(hours=1)
LATE_ANSWER = timedelta(seconds=10)

# These do more than answer; the rest of SENT are answers by the same name.
_NOT_ANSWERS = ("late-answer", "echo-before", "throttle", "revoked")
_ANSWERS = tuple(name for name in SENT if name not in _NOT_ANSWERS) + ERRORS


class Mischief:
    """One for a platform. `time_scale` shortens all that lasts."""

    def __init__(self, platform: "XPlatform", dice: Dice, *, time_scale: float) -> None:
        self.platform, self.dice, self.time_scale = platform, dice, time_scale
        self._lock = threading.Lock()
        self._batches: dict[str, list[Event]] = {}
        self._away_until: datetime | None = None
        self._had_outage = False

    # How events are told

    def tell(self, event: Event) -> None:
        """Tell of an event as the dice fall."""
        about = str(event.content.get("id", event.type))
        self._beside(about)
        if self.dice.falls("batch"):
            self._tell_together(event, about)
            return
        self.platform.deliver(
            [event],
            copies=self._copies(about),
            first_signature=self._first_signature(about),
            is_unheard=self._happens("unheard", about),
            after=max(self._delay(about), self.time_away()),
        )

    def _beside(self, about: str) -> None:
        """What else happens when an event is told."""
        if not self._had_outage and self._happens("outage", about):
            self.begin_outage()
        if self._happens("crc", about):
            self.platform.deliverer.later(self.platform.check_webhooks)
        if self._happens("unknown-event", about):
            self.platform.deliver([x_wire.unknown_event()])
        if self._happens("forgery", about):
            self.platform.deliver([self._forged()], signature="wrong")

    def _copies(self, about: str) -> int:
        return round(self.dice.amount("duplicate", 2, 3)) if self._happens("duplicate", about) else 1

    def _delay(self, about: str) -> timedelta:
        if self._happens("delay", about):
            return self._lasts(LONGEST_DELAY * self.dice.amount("delay", 0.1, 1))
        if self._happens("reorder", about):
            return self._lasts(OVERTAKEN_WITHIN * self.dice.amount("reorder", 0.1, 1))
        return timedelta(0)

    def _first_signature(self, about: str) -> SignatureKind:
        if self._happens("wrong-signature", about):
            return "wrong"
        return "missing" if self._happens("missing-signature", about) else "right"

    def _tell_together(self, event: Event, about: str) -> None:
        self.platform.record.fault("batch", about)
        with self._lock:
            gathered = self._batches.setdefault(event.type, [])
            gathered.append(event)
            is_first, is_full = len(gathered) == 1, len(gathered) >= BATCH_MAX
            if is_full:
                del self._batches[event.type]
        if is_full:
            self.platform.deliver(gathered, after=self.time_away())
        elif is_first:
            wait = self._lasts(BATCH_WAITS) + self.time_away()
            self.platform.deliverer.later(lambda: self._close_batch(event.type, gathered), after=wait)

    def _close_batch(self, event_type: str, gathered: list[Event]) -> None:
        with self._lock:
            if self._batches.get(event_type) is not gathered:
                return
            del self._batches[event_type]
        self.platform.deliver(gathered)

    def _forged(self) -> Event:
        """A message that nobody wrote; it must never be seen."""
        stranger = self.platform.customer("forger")
        message = DirectMessage(
            id=self.platform.world.ids.next(),
            sender_id=stranger.id,
            recipient_id=self.platform.brand.id,
            text="Nobody wrote this",
            created_at=clock.now(),
        )
        return x_wire.message_event(message, self.platform.brand, (stranger, self.platform.brand), "")

    # What becomes of a send

    def befall_send(self) -> None:
        """What happens before the call that is being made is looked at; waits where its answer is late."""
        platform = self.platform
        if self._happens("throttle"):
            platform.limit.use_up()
        if platform.access_token and self._happens("revoked"):
            self._revoke()
        if self._happens("late-answer"):
            platform.stopping.wait(self._lasts(LATE_ANSWER * self.dice.amount("late-answer", 0.1, 1)).total_seconds())

    def answer_to_send(self) -> Fault | None:
        """What it gets instead of its answer."""
        name = self.dice.first_that_falls(_ANSWERS)
        if name is None:
            return None
        self.platform.record.fault(name, "send")
        return fault_named(name)

    def echo_comes_first(self) -> bool:
        return self._happens("echo-before")

    def _revoke(self) -> None:
        platform, token = self.platform, self.platform.access_token
        platform.revoke_access()
        platform.deliverer.later(lambda: setattr(platform, "access_token", token), after=self._lasts(REVOKED_FOR))

    # Being away

    def begin_outage(self, lasts: timedelta = OUTAGE) -> None:
        """X is away from now on; `lasts` in its own time, before it is shortened."""
        self._had_outage = True
        self._away_until = clock.now() + self._lasts(lasts)

    def time_away(self) -> timedelta:
        """How long X will still be away, zero when it is there."""
        until = self._away_until
        return max(until - clock.now(), timedelta(0)) if until is not None else timedelta(0)

    def _lasts(self, time: timedelta) -> timedelta:
        return time * self.time_scale

    def _happens(self, name: str, about: str = "send") -> bool:
        happens = self.dice.falls(name)
        if happens:
            self.platform.record.fault(name, about)
        return happens
