"""No room on the disk, no connection left: what cannot be stored is refused, told again, and nothing is lost."""

import pytest

from tests.support.desk import Desk
from tests.support.fault_run import FaultRun, Plan


@pytest.mark.parametrize("incident", ["no room for the database", "no connections left", "a lock on everything"])
def test_when_nothing_is_left_for_a_while_nothing_is_lost(troubled_desk: Desk, incident: str) -> None:
    plan = Plan(
        messages=80, replies=20, customers=10, seconds=10, incidents=(incident,), prefix=incident.replace(" ", "_")
    )
    run = FaultRun(plan, troubled_desk)

    differences = run.play()

    assert not differences, f"{run.counts()}\n" + "\n".join(differences[:50])
    assert len(run.submitted) == plan.replies
    assert run.setbacks, "the incident was not felt by anybody"
