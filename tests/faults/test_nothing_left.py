"""No room on the disk, no connection left: what cannot be stored is refused, told again, and nothing is lost."""

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk
from tests.support.fault_run import A_DAY_IN_TWENTY_SECONDS, FaultRun, Plan, a_desk_of_its_own, a_troubled_x


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with a_troubled_x(time_scale=A_DAY_IN_TWENTY_SECONDS) as x, a_desk_of_its_own(x, workers=2) as desk:
        yield desk


@pytest.mark.parametrize("incident", ["no room for the database", "no connections left", "a lock on everything"])
def test_when_nothing_is_left_for_a_while_nothing_is_lost(desk: Desk, incident: str) -> None:
    plan = Plan(
        messages=80, replies=20, customers=10, seconds=10, incidents=(incident,), prefix=incident.replace(" ", "_")
    )
    run = FaultRun(plan, desk)

    differences = run.play()

    assert not differences, f"{run.counts()}\n" + "\n".join(differences[:50])
    assert len(run.submitted) == plan.replies
