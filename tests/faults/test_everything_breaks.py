"""Messages and replies while everything is killed and X misbehaves: nothing lost, nothing twice.

2,000 and 500 in all, half of them with two workers and half with four; `make soak` plays ten times as many.
"""

import pytest

from tests.support.fault_run import (
    A_DAY_IN_TWENTY_SECONDS,
    FAULTS,
    INCIDENTS,
    FaultRun,
    Plan,
    a_desk_of_its_own,
    a_troubled_x,
)


@pytest.mark.parametrize("workers", [2, 4])
def test_every_message_and_reply_is_there_once_and_in_order_whatever_is_killed(workers: int) -> None:
    plan = Plan(messages=1000, replies=250, customers=100, seconds=25, incidents=INCIDENTS, faults=FAULTS, seed=workers)
    with a_troubled_x(time_scale=A_DAY_IN_TWENTY_SECONDS) as x, a_desk_of_its_own(x, workers=workers) as desk:
        run = FaultRun(plan, desk)

        differences = run.play()

        assert not differences, f"{run.counts()}\n" + "\n".join(differences[:50])
        assert len(run.submitted) == plan.replies
