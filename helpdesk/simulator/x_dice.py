"""Seeded dice that decide what goes wrong on the made-up X: equal seeds and equal occasions, equal faults."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpdesk.simulator.x_faults import CODES, NAMES


class UnknownFault(ValueError):
    """One line that says what cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Mischief:
    """A kind of fault: what it does, and how likely it is at each occasion unless told."""

    does: str
    rate: float


TOLD: Mapping[str, Mischief] = {
    "duplicate": Mischief(does="the event is told twice or three times", rate=0.05),
    "reorder": Mischief(does="the event is overtaken by those that happen in the next minute", rate=0.05),
    "delay": Mischief(does="the event is told up to an hour late", rate=0.01),
    "batch": Mischief(does="the event waits some seconds for others and shares one call with them", rate=0.1),
    "unheard": Mischief(does="the answer to the call is lost, so the call is made again", rate=0.02),
    "wrong-signature": Mischief(does="the first call is signed with another secret, the next rightly", rate=0.01),
    "missing-signature": Mischief(does="the first call is not signed, the next is", rate=0.01),
    "forgery": Mischief(does="a stranger posts a message that nobody wrote, badly signed", rate=0.01),
    "unknown-event": Mischief(does="an event of a kind that nobody knows is told before it", rate=0.01),
    "crc": Mischief(does="the address is checked in mid-traffic", rate=0.01),
    "outage": Mischief(does="X is away for a day: calls get 503, events are told afterwards; once", rate=0.001),
}
"""At each event that X tells of."""

SENT: Mapping[str, Mischief] = {
    "late-answer": Mischief(does="the call hangs for up to ten seconds and then succeeds", rate=0.02),
    "echo-before": Mischief(does="the message comes back on the webhook before the answer", rate=0.1),
    "throttle": Mischief(does="429 with headers: the window is used up", rate=0.005),
    "revoked": Mischief(does="the access token is withdrawn, and given back after an hour", rate=0.0005),
    "hang": Mischief(does="the message is taken and the answer never comes", rate=0.01),
    "drop": Mischief(does="the message is taken and the connection closed", rate=0.01),
    "lost": Mischief(does="the connection is closed and nothing was taken", rate=0.01),
    "gateway": Mischief(does="502 from something before X, nothing was taken", rate=0.01),
    "gateway-taken": Mischief(does="the same, although X took the message", rate=0.01),
}
"""At each message that we send; of these and the errors, the first that falls happens."""

ERRORS = tuple(name for name in NAMES if name not in SENT)
"""Every answer of x_faults by code (349), problem (usage-capped) or meaning (recipient)."""

SAFE = frozenset({*TOLD, *SENT} - {"revoked", "outage"})
"""What a desk gets over by itself, without a person who connects it again."""

Rates = Mapping[str, float]


def rates_of(words: str) -> dict[str, float]:
    """`NAME[:RATE],…` as a rate for each name; `all` is every fault that passes by itself, `errors` every code.

    Raises UnknownFault.
    """
    rates: dict[str, float] = {}
    for word in filter(None, (word.strip() for word in words.split(","))):
        name, colon, rate = word.partition(":")
        for one in _meant_by(name):
            rates[one] = _share(rate, word) if colon else _usual(one)
    return rates


def _meant_by(name: str) -> Sequence[str]:
    if name == "all":
        return [one for one in (*TOLD, *SENT) if one in SAFE]
    if name == "errors":
        return [str(code) for code in CODES]
    if name in TOLD or name in SENT or name in ERRORS:
        return [name]
    known = ", ".join(("all", "errors", *TOLD, *SENT))
    raise UnknownFault(f"there is no fault {name!r}; known are {known} and any error code")


def _usual(name: str) -> float:
    kind = TOLD.get(name) or SENT.get(name)
    return kind.rate if kind else 0.002


def _share(rate: str, word: str) -> float:
    try:
        share = float(rate)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UnknownFault(f"in {word!r} the rate must be a number from 0 to 1")
    return share


class Dice:
    """A stream of chance for each name, so that the n-th roll for a name does not depend on what else is rolled."""

    def __init__(self, rates: Rates, seed: int = 0) -> None:
        self.rates = dict(rates)
        self._streams = {name: random.Random(f"{seed} {name}") for name in self.rates}
        self._lock = threading.Lock()

    def falls(self, name: str) -> bool:
        """Whether it happens this time."""
        if name not in self.rates:
            return False
        with self._lock:
            return self._streams[name].random() < self.rates[name]

    def first_that_falls(self, names: Sequence[str]) -> str | None:
        """All are rolled, so that each stream moves with its occasions alone."""
        fallen = [name for name in names if self.falls(name)]
        return fallen[0] if fallen else None

    def amount(self, name: str, least: float, most: float) -> float:
        """How much of it, between the two."""
        with self._lock:
            return self._streams[name].uniform(least, most)

    def rest(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self.rates = {}
