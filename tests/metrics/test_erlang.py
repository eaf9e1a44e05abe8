"""Erlang's formulas, against printed tables, the closed sums in exact fractions, and the states of the queue itself."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.errors import InvalidInput
from helpdesk.metrics.erlang import (
    Aim,
    Impatient,
    Load,
    Unstable,
    answered_within,
    erlang_b,
    erlang_c,
    mean_wait,
    staff_for,
)


@pytest.mark.parametrize(
    ("servers", "erlangs"),
    # ITU-T (CCITT) "Table of the Erlang loss formula", column of 1 % blocking.
    [(2, 0.153), (5, 1.361), (10, 4.461), (15, 8.108), (20, 12.031), (30, 20.337), (50, 37.901), (100, 84.064)],
)
def test_the_loss_formula_is_that_of_the_printed_table(servers: int, erlangs: float) -> None:
    assert erlang_b(erlangs - 0.0006, servers) < 0.01 < erlang_b(erlangs + 0.0006, servers)


@pytest.mark.parametrize(
    ("servers", "erlangs", "waits"),
    # The Erlang C table of TETRA planning handbooks: channels, offered traffic, probability of delay.
    [(8, 3.87, 0.05), (10, 4.08, 0.01)],
)
def test_the_delay_formula_is_that_of_the_printed_table(servers: int, erlangs: float, waits: float) -> None:
    assert erlang_c(erlangs - 0.006, servers) < waits < erlang_c(erlangs + 0.006, servers)


def closed_c(erlangs: Fraction, servers: int) -> Fraction:
    """The formula as it is written, in exact fractions."""
    top = erlangs**servers / math.factorial(servers) * servers / (servers - erlangs)
    return top / (sum((erlangs**k / math.factorial(k) for k in range(servers)), Fraction(0)) + top)


@given(servers=st.integers(1, 60), share=st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=1000))
@settings(max_examples=150, deadline=None)
def test_the_delay_formula_equals_the_closed_one(servers: int, share: Fraction) -> None:
    erlangs = share * servers
    assert erlang_c(float(erlangs), servers) == pytest.approx(float(closed_c(erlangs, servers)), abs=1e-9)


def queue_with_patience(load: Load, servers: int, patience: float) -> tuple[float, float]:
    """(waits, gives up), by the balance of the states 0, 1, 2, … of the queue."""
    states, highest = [0.0], 0.0
    # As logarithms: most of the states may be beyond what a number can hold.
    while states[-1] > highest - 45 or len(states) <= load.erlangs + servers:
        n = len(states)
        out = min(n, servers) / load.handle_time + max(0, n - servers) / patience
        states.append(states[-1] + math.log(load.arrivals / out))
        highest = max(highest, states[-1])
    sizes = [math.exp(state - highest) for state in states]
    whole = math.fsum(sizes)
    waits = math.fsum(sizes[servers:]) / whole
    waiting = math.fsum((n - servers) * p for n, p in enumerate(sizes) if n > servers) / whole
    return waits, waiting / patience / load.arrivals


@given(
    servers=st.integers(1, 40),
    arrivals=st.floats(0.1, 400),
    handle_time=st.floats(0.01, 1),
    patience=st.floats(0.02, 20),
)
@settings(max_examples=200, deadline=None)
def test_impatience_equals_the_states_of_the_queue(
    servers: int, arrivals: float, handle_time: float, patience: float
) -> None:
    load = Load(arrivals=arrivals, handle_time=handle_time)
    waits, gives_up = queue_with_patience(load, servers, patience)
    found = Impatient(load=load, servers=servers, patience=patience)
    assert found.waits == pytest.approx(waits, abs=1e-9)
    assert found.gives_up == pytest.approx(gives_up, abs=1e-9)
    # Whoever is ever served is served within a year.
    assert found.served_within(10_000.0) == pytest.approx(1 - gives_up, abs=1e-9)
    assert found.served_within(0.0) == pytest.approx(1 - waits, abs=1e-9)


def test_how_many_are_served_in_time_is_the_integral_of_the_wait() -> None:
    """By summing over small steps what the formula gives in one."""
    load, servers, patience = Load(arrivals=60, handle_time=0.2), 11, 0.3
    found = Impatient(load=load, servers=servers, patience=patience)
    step, total = 1e-5, 0.0
    idle = 1 - found.waits
    states = [1.0]
    for n in range(1, servers):
        states.append(states[-1] * load.erlangs / n)
    last = states[-1] / math.fsum(states) * idle
    for k in range(int(0.05 / step)):
        x = (k + 0.5) * step
        density = (
            load.arrivals
            * last
            * math.exp(load.arrivals * patience * (1 - math.exp(-x / patience)) - servers / load.handle_time * x)
        )
        total += density * math.exp(-x / patience) * step
    assert found.served_within(0.05) == pytest.approx(idle + total, abs=1e-8)


def test_with_endless_patience_it_is_the_delay_formula() -> None:
    load = Load(arrivals=40, handle_time=0.2)
    patient = Impatient(load=load, servers=10, patience=4e4)
    assert patient.waits == pytest.approx(erlang_c(8.0, 10), abs=1e-3)
    assert patient.served_within(0.1) == pytest.approx(answered_within(load, 10, 0.1), abs=1e-3)


def test_a_load_that_never_ends_is_said_in_words() -> None:
    with pytest.raises(Unstable, match=r"12\.0 hours of work come in every hour and at most 12 can be done"):
        erlang_c(12.0, 12)
    with pytest.raises(Unstable):
        mean_wait(Load(arrivals=100, handle_time=0.5), 49)


@given(
    arrivals=st.floats(0.01, 2_000),
    minutes=st.floats(0.5, 60),
    part=st.floats(0.05, 0.995),
    within=st.floats(0, 240),
    concurrency=st.integers(1, 5),
    shrinkage=st.floats(0, 0.8),
    patience=st.none() | st.floats(1, 600),
)
@settings(max_examples=200, deadline=None)
def test_the_staff_is_the_fewest_that_reach_the_aim(
    arrivals: float,
    minutes: float,
    part: float,
    within: float,
    concurrency: int,
    shrinkage: float,
    patience: float | None,
) -> None:
    load = Load(arrivals=arrivals, handle_time=minutes / 60)
    aim = Aim(
        part=part,
        within=within / 60,
        concurrency=concurrency,
        shrinkage=shrinkage,
        patience=None if patience is None else patience / 60,
    )
    found = staff_for(load, aim)
    assert found.reached >= part
    assert found.planned * (1 - shrinkage) >= found.working - 1e-6
    fewer = (found.working - 1) * concurrency
    if fewer > 0 and patience is None and load.erlangs < fewer:
        assert answered_within(load, fewer, aim.within) < part
    if fewer > 0 and aim.patience is not None:
        assert Impatient(load=load, servers=fewer, patience=aim.patience).served_within(aim.within) < part


def test_an_empty_hour_needs_nobody() -> None:
    assert staff_for(Load(arrivals=0, handle_time=0.1), Aim(part=0.8, within=0.1)).planned == 0


@pytest.mark.parametrize(
    "wrong",
    [{"part": 0.0}, {"part": 1.0}, {"part": math.nan}, {"within": -1.0}, {"concurrency": 0}, {"shrinkage": 1.0}],
)
def test_what_cannot_be_aimed_at_is_refused(wrong: dict[str, float]) -> None:
    aim = {"part": 0.8, "within": 0.25} | wrong
    with pytest.raises(InvalidInput):
        Aim(**aim)  # type: ignore[arg-type]


def test_a_load_beyond_all_measure_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more work than can be planned"):
        staff_for(Load(arrivals=1e9, handle_time=1), Aim(part=0.8, within=0.25))
    with pytest.raises(InvalidInput):
        Load(arrivals=math.nan, handle_time=1)
