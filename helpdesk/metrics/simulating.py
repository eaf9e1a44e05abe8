"""A queue played through: customers as they came, agents as they are planned, work as it was measured. Pure.

The model: who waits longest is served first; an agent at work is as many servers as conversations they have at once;
the work on one reply takes a time drawn from those given, whoever does it; who begins a reply ends it, also when
their shift is over; nobody gives up. The same seed plays the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from random import Random

import numpy as np
from numpy.typing import ArrayLike, NDArray

Work = Callable[[Random, int], list[float]]
"""Draws how long each of so many replies takes, in seconds."""

STEP = 900
"""Seconds for which the number of agents stays; local hours begin at a quarter of a UTC hour everywhere."""


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of it. Times in seconds, from when a customer began to wait to the reply; inf: never answered.

    `within` is the part, 0 to 1, whose reply was there in time.
    """

    n: int
    within: float
    median: float
    p90: float


def play(arrivals: Sequence[float], servers: Sequence[int], work: Sequence[float]) -> list[float]:
    """How long each waits for the reply, in seconds; inf where nobody is left to answer.

    `arrivals` are seconds since the beginning, in growing order; `servers` holds how many there are in each STEP;
    `work` is how long the reply to each takes, in seconds, whoever gives it and when.
    """
    busy_until: list[float] = []
    took: list[float] = []
    start = 0.0
    for arrived_at, seconds in zip(arrivals, work, strict=True):
        # The first that came is the first served, so nobody after starts before.
        start = _start(max(arrived_at, start), servers, busy_until)
        if start < inf:
            done_at = start + seconds
            heappush(busy_until, done_at)
            took.append(done_at - arrived_at)
        else:
            took.append(inf)
    return took


def _start(at: float, servers: Sequence[int], busy_until: list[float]) -> float:
    """The first instant from `at` on at which a server is free; what has ended by then is taken from the heap."""
    while at < len(servers) * STEP:
        while busy_until and busy_until[0] <= at:
            heappop(busy_until)
        step = int(at // STEP)
        if len(busy_until) < servers[step]:
            return at
        at = min([float((step + 1) * STEP), *busy_until[:1]])
    return inf


def told(took: ArrayLike, *, within: float) -> Played:
    """`within` in seconds."""
    ordered = np.sort(np.asarray(took, dtype=np.float64))
    n = len(ordered)
    return Played(
        n=n,
        within=int(np.searchsorted(ordered, within, side="right")) / n if n else 0.0,
        median=_nearest(ordered, 0.5),
        p90=_nearest(ordered, 0.9),
    )


def drawn_from(seconds: Sequence[float], *, scale: float = 1.0) -> Work:
    """Work that takes one of these times, each as likely."""
    scaled = [one * scale for one in seconds]
    return lambda dice, n: dice.choices(scaled, k=n)


def exponential(mean: float) -> Work:
    return lambda dice, n: [dice.expovariate(1 / mean) for _ in range(n)]


def _nearest(ordered: NDArray[np.float64], share: float) -> float:
    """The nearest rank: between two, one of which may be inf, there is nothing."""
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if len(ordered) else 0.0
