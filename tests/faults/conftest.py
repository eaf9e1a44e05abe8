"""One desk for all that need a stack of their own to break, and leave it whole."""

from collections.abc import Iterator

import pytest

from tests.support.desk import Desk
from tests.support.fault_run import A_DAY_IN_TWENTY_SECONDS, a_desk_of_its_own, a_troubled_x


@pytest.fixture(scope="session")
def troubled_desk() -> Iterator[Desk]:
    """With two workers, a PostgreSQL and a Valkey of its own, on an X that may be told to misbehave."""
    with a_troubled_x(time_scale=A_DAY_IN_TWENTY_SECONDS) as x, a_desk_of_its_own(x, workers=2) as desk:
        yield desk
