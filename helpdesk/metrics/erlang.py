"""How many agents a load of work needs: Erlang's formulas, exact, for waits and for customers who give up. Pure.

Customers write at random and independently (Poisson), the work on one takes an exponentially distributed time, the
first that waits is served first. Erlang C (M/M/n) supposes that all wait however long it takes; Erlang A (M/M/n+M,
Palm 1946, Baccelli and Hébuterne 1981) that each gives up after an exponentially distributed patience. Rates are per
hour, times in hours.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from helpdesk.errors import InvalidInput

MOST = 100_000
"""Agents at once that are still computed."""
MOST_WAITING = 2_000_000
"""Arrivals in the time of one customer's patience that are still computed."""


class Unstable(InvalidInput):
    """More work comes in than so many can do: whoever waits, waits ever longer."""

    def __init__(self, load: float, servers: int) -> None:
        super().__init__(
            f"{load:.1f} hours of work come in every hour and at most {servers} can be done: "
            "the queue grows without end."
        )


@dataclass(frozen=True, kw_only=True)
class Load:
    """`arrivals` an hour, each taking `handle_time` hours of work; work for `erlangs` agents who are never idle."""

    arrivals: float
    handle_time: float

    def __post_init__(self) -> None:
        if not (0 <= self.arrivals < math.inf and 0 < self.handle_time < math.inf):
            raise InvalidInput("Arrivals are at least 0, and the work on one takes some time.")

    @property
    def erlangs(self) -> float:
        return self.arrivals * self.handle_time


def erlang_b(erlangs: float, servers: int) -> float:
    """The part of arrivals that find all servers busy, where nobody can wait."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def erlang_c(erlangs: float, servers: int) -> float:
    """The part of arrivals that have to wait. Raises Unstable."""
    _refuse_unstable(erlangs, servers)
    blocked = erlang_b(erlangs, servers)
    return blocked / (1 - erlangs / servers * (1 - blocked))


def answered_within(load: Load, servers: int, time: float) -> float:
    """The part that waits at most so long, where all wait (Erlang C). Raises Unstable."""
    spare = servers / load.handle_time - load.arrivals
    return 1 - erlang_c(load.erlangs, servers) * math.exp(-spare * time)


def mean_wait(load: Load, servers: int) -> float:
    """Over all, in hours, where all wait (Erlang C). Raises Unstable."""
    return erlang_c(load.erlangs, servers) / (servers / load.handle_time - load.arrivals)


@dataclass(frozen=True, kw_only=True)
class Impatient:
    """Erlang A: who waits gives up after a time whose mean is `patience`, in hours. No load is too much for it.

    Raises InvalidInput where so many may wait at once that patience hardly matters.
    """

    load: Load
    servers: int
    patience: float

    def __post_init__(self) -> None:
        if self.load.arrivals * self.patience > MOST_WAITING:
            raise InvalidInput("Customers as patient as that are better taken to wait for ever.", field="patience")

    @property
    def waits(self) -> float:
        """The part that cannot be served at once."""
        return self._part(self._tail(0.0, 0))

    @property
    def gives_up(self) -> float:
        """The part that is never served."""
        if not self.load.arrivals:
            return 0.0
        # What is served: an arrival at a free server, and as much as busy servers get through.
        last_free = math.exp(-self._all)
        return max(0.0, self.waits + last_free - self.servers / self.load.erlangs * self.waits)

    def served_within(self, time: float) -> float:
        """The part that is served, and within so long."""
        return 1 - self.waits + self._part(self._tail(0.0, 1)) - self._part(self._tail(time, 1))

    def _part(self, tail: float) -> float:
        """Of all arrivals, those in this tail of the offered wait."""
        return math.exp(math.log(self.load.arrivals) + tail - self._all) if self.load.arrivals else 0.0

    @cached_property
    def _all(self) -> float:
        """Logarithm of the sum of all states, in units of that in which all but one server are busy."""
        if not self.load.arrivals:
            return math.inf
        free = 0.0
        for n in range(1, self.servers):
            free = _log_sum(0.0, math.log(n / self.load.erlangs) + free)
        return _log_sum(free, math.log(self.load.arrivals) + self._tail(0.0, 0))

    def _tail(self, time: float, served: int) -> float:
        """Logarithm of ∫ from `time` on of the offered wait's density; `served` 1: only those whose patience lasts.

        By the lower incomplete gamma function, as a series of positive terms.
        """
        giving_up = 1 / self.patience
        ratio = self.load.arrivals * self.patience
        left = ratio * math.exp(-giving_up * time)
        order = self.servers / self.load.handle_time * self.patience + served
        term = total = 1.0
        scale, k = -math.log(order), 0
        while term > total * 1e-17:
            k += 1
            term *= left / (order + k)
            total += term
            if total > _LARGE:
                term, total, scale = term / _LARGE, total / _LARGE, scale + math.log(_LARGE)
        return math.log(self.patience) + ratio - left - order * giving_up * time + scale + math.log(total)


_LARGE = 1e200


def _log_sum(a: float, b: float) -> float:
    """log(exp(a) + exp(b)), however large they are."""
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))


def _refuse_unstable(erlangs: float, servers: int) -> None:
    if erlangs >= servers:
        raise Unstable(erlangs, servers)


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A `part` of customers, 0 to 1, is to be answered `within` so many hours.

    One agent works on `concurrency` conversations at once; the part `shrinkage` of their time goes to other things.
    `patience`: customers give up after so many hours on average; None: all wait.
    """

    part: float
    within: float
    concurrency: int = 1
    shrinkage: float = 0.0
    patience: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.part < 1:
            raise InvalidInput("The aim is more than 0 and less than 100 per cent.", field="part")
        if not 0 <= self.within < math.inf:
            raise InvalidInput("Within how long?", field="within")
        if self.concurrency < 1:
            raise InvalidInput("An agent works on at least one conversation.", field="concurrency")
        if not 0 <= self.shrinkage < 1:
            raise InvalidInput("Less than all of the time goes to other things.", field="shrinkage")
        if self.patience is not None and not 0 < self.patience < math.inf:
            raise InvalidInput("Patience is some time.", field="patience")


@dataclass(frozen=True, kw_only=True)
class Staff:
    """`working` agents reach the aim, of `planned` in the roster; `reached` is the part answered in time."""

    working: int
    planned: int
    reached: float


def staff_for(load: Load, aim: Aim) -> Staff:
    """The fewest agents that reach the aim. Raises InvalidInput for a load beyond all measure."""
    if not load.arrivals:
        return Staff(working=0, planned=0, reached=1.0)
    if load.erlangs > MOST:
        raise InvalidInput("That is more work than can be planned for.")
    fewest = 1 if aim.patience is not None else math.floor(load.erlangs / aim.concurrency) + 1
    # By doubling and halving: the part that is answered in time grows with every agent.
    most = fewest
    while _reached(load, aim, most) < aim.part:
        most *= 2
    while fewest < most:
        middle = (fewest + most) // 2
        if _reached(load, aim, middle) < aim.part:
            fewest = middle + 1
        else:
            most = middle
    planned = math.ceil(most / (1 - aim.shrinkage) - 1e-9)
    return Staff(working=most, planned=planned, reached=_reached(load, aim, most))


def _reached(load: Load, aim: Aim, agents: int) -> float:
    servers = agents * aim.concurrency
    if aim.patience is not None:
        return Impatient(load=load, servers=servers, patience=aim.patience).served_within(aim.within)
    return answered_within(load, servers, aim.within) if load.erlangs < servers else 0.0
