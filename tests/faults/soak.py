"""`make soak`: the fault run for the better part of an hour, and its counts in one line of JSON.

    python -m tests.faults.soak --messages 20000 --replies 5000

The first half has no quotas, the second X's own, shortened as all its waits are. Ends with 1 on any loss, and names it
on stderr.
"""

import json
import sys
import time

import click

from tests.support.fault_run import (
    FAULTS,
    INCIDENTS,
    FaultRun,
    Plan,
    a_desk_of_its_own,
    a_troubled_x,
)

A_MINUTE_OF_INCIDENTS = 12
"""More often the supervisor would take a program that is killed for one that cannot be kept running."""
QUOTA = 15
UNLIMITED = 1_000_000


@click.command()
@click.option("--messages", type=click.IntRange(2), default=20_000, show_default=True)
@click.option("--replies", type=click.IntRange(2), default=5_000, show_default=True)
@click.option("--minutes", type=click.FloatRange(0.2), default=34.0, show_default=True, help="Of traffic, in all.")
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(messages: int, replies: int, minutes: float, workers: int, seed: int) -> None:
    began = time.monotonic()
    halves = [
        _play(name, messages // 2, replies // 2, minutes / 2, workers=workers, seed=seed, send_limit=send_limit)
        for name, send_limit in (("unlimited", UNLIMITED), ("limited", QUOTA))
    ]
    differences = [line for half in halves for line in half.pop("differences")]  # type: ignore[attr-defined]
    for line in differences[:200]:
        click.echo(line, err=True)
    told = {"seconds": round(time.monotonic() - began), "differences": len(differences), "parts": halves}
    click.echo(json.dumps(told))
    sys.exit(1 if differences else 0)


def _play(
    name: str, messages: int, replies: int, minutes: float, *, workers: int, seed: int, send_limit: int
) -> dict[str, object]:
    """One half, on a desk of its own."""
    plan = Plan(
        messages=messages,
        replies=replies,
        customers=max(10, messages // 20),
        seconds=minutes * 60,
        incidents=_incidents(minutes),
        # An outage of a day would leave the second half too little of its time.
        faults=FAULTS if send_limit == UNLIMITED else f"{FAULTS},outage:0",
        seed=seed,
        prefix=name,
        settles_within=300.0,
    )
    # Windows so short that a quota of fifteen lets all replies through in three quarters of the time.
    scale = 1 / 4320 if send_limit == UNLIMITED else min(1.0, minutes * 60 * 0.75 / (replies / send_limit) / 900)
    with a_troubled_x(time_scale=scale, send_limit=send_limit) as x, a_desk_of_its_own(x, workers=workers) as desk:
        run = FaultRun(plan, desk)
        differences = run.play()
        return {"name": name, "time_scale": scale, "differences": differences, **run.counts()}


def _incidents(minutes: float) -> list[str]:
    wanted = max(1, round(minutes * A_MINUTE_OF_INCIDENTS))
    return [INCIDENTS[n % len(INCIDENTS)] for n in range(wanted)]


if __name__ == "__main__":
    main()
