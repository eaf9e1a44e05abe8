"""The queue that is played through, beside a walk through every second and beside Erlang's formula."""

from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.metrics.erlang import Load, answered_within, mean_wait
from helpdesk.metrics.simulating import STEP, drawn_from, exponential, play, told

HOUR = 3600.0


@pytest.mark.parametrize(
    ("arrivals", "servers", "expected"),
    [
        ([0, 0, 0], [1], [60, 120, 180]),
        ([0, 0, 0], [3], [60, 60, 60]),
        ([0, 0, 0, 0], [2], [60, 60, 120, 120]),
        ([10], [0, 1], [STEP - 10 + 60]),
        ([STEP - 10], [1, 0], [60]),
        ([STEP - 10, STEP - 10], [1, 0, 1], [60, 10 + STEP + 60]),
        ([STEP - 10, STEP - 10], [1, 0], [60, inf]),
        ([5 * STEP], [1], [inf]),
        ([], [1], []),
    ],
)
def test_by_hand(arrivals: list[float], servers: list[int], expected: list[float]) -> None:
    assert play(arrivals, servers, drawn_from([60.0])(Random(1), len(arrivals))) == expected


def walked(arrivals: list[int], servers: list[int], works: list[int]) -> list[float]:
    """Second by second: whoever waits longest goes to a server that is free."""
    waiting: list[int] = []
    ends: list[int] = []
    took = [inf] * len(arrivals)
    for second in range(len(servers) * STEP):
        waiting += [i for i, at in enumerate(arrivals) if at == second]
        ends = [end for end in ends if end > second]
        while waiting and len(ends) < servers[second // STEP]:
            one = waiting.pop(0)
            ends.append(second + works[one])
            took[one] = second + works[one] - arrivals[one]
    return took


@settings(deadline=None, max_examples=60)
@given(
    arrivals=st.lists(st.integers(0, 4 * STEP), max_size=12).map(sorted),
    servers=st.lists(st.integers(0, 3), min_size=1, max_size=5),
    data=st.data(),
)
def test_it_is_what_a_walk_through_every_second_finds(
    arrivals: list[int], servers: list[int], data: st.DataObject
) -> None:
    works = data.draw(st.lists(st.integers(1, 900), min_size=len(arrivals), max_size=len(arrivals)))
    found = play([float(at) for at in arrivals], servers, [float(one) for one in works])

    assert found == walked(arrivals, servers, works)


@pytest.mark.parametrize(("rate", "agents"), [(20.0, 4), (40.0, 6)])
def test_at_random_arrivals_it_comes_near_erlangs_formula(rate: float, agents: int) -> None:
    load = Load(arrivals=rate, handle_time=0.1)
    waits = [wait for seed in range(5) for wait in waits_at_random(rate, agents, Random(seed))]

    assert sum(waits) / len(waits) == pytest.approx(mean_wait(load, agents) * HOUR, rel=0.1)
    within = sum(wait <= 60 for wait in waits) / len(waits)
    assert within == pytest.approx(answered_within(load, agents, 60 / HOUR), abs=0.02)


def waits_at_random(rate: float, agents: int, dice: Random) -> list[float]:
    """Of forty thousand customers, in seconds, before the work on them begins."""
    at, arrivals = 0.0, list[float]()
    while len(arrivals) < 40_000:
        at += dice.expovariate(rate / HOUR)
        arrivals.append(at)

    work = exponential(0.1 * HOUR)(dice, len(arrivals))
    took = play(arrivals, [agents] * (int(at // STEP) + 400), work)
    return [one - work_on_it for one, work_on_it in zip(took, work, strict=True)]


def test_the_same_seed_plays_the_same_and_more_agents_never_harm() -> None:
    arrivals = sorted(Random(2).uniform(0, 20 * STEP) for _ in range(300))
    draws = [exponential(400.0)(Random(5), len(arrivals)) for _ in range(3)]
    few, again, many = (
        told(play(arrivals, [n] * 60, work), within=900) for n, work in zip((3, 3, 6), draws, strict=True)
    )
    assert few == again
    assert few.within < many.within
    assert few.median >= many.median
    assert told([], within=1).n == 0
