"""Larkpost in place, two months before the numbers are looked at."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import scoped_session

from tests.support import cast as casting
from tests.support.cast import Cast


@pytest.fixture
def cast(session: "scoped_session[Any]", at: datetime) -> Cast:
    return casting.assemble(at=at - timedelta(days=60))
