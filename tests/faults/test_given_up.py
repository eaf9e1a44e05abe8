"""What X tried to tell and gave up: found in X's own record when that is read next, an hour later at X's pace."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from helpdesk.messaging.models import ChannelLink
from helpdesk.orm import db
from tests.support.desk import an_x, opened, settings_for
from tests.support.stack import Stack


def test_what_x_gave_up_telling_is_read_at_its_hour(start_stack: Callable[..., Stack]) -> None:
    """Web was away for longer than X tries, and too briefly to be noticed as an absence."""
    with an_x(retry_waits=[timedelta(seconds=0.1)]) as x:
        paced = settings_for(x) | {"X_TIME_SCALE": "0.0001"}
        with opened(start_stack(**paced), x) as desk:
            x.customer_writes("dana", "before")
            desk.stack.wait_until(lambda: desk.said() == ["before"] and desk.look(has_been_read))
            desk.stack.kill("web")
            for n in range(5):
                x.customer_writes("dana", f"meanwhile {n}")
            x.wait_until_quiet(30)
            desk.stack.wait_until(desk.stack.answers)
            desk.stack.wait_until(lambda: sorted(desk.said()) == ["before", *(f"meanwhile {n}" for n in range(5))])
            gave_up = [call for call in x.deliveries if call.attempts and call.attempts[-1].status != 200]
    assert gave_up, "X told all of it: nothing was missed"


def has_been_read() -> bool:
    """Whether X's record has been read once, as it is at connection."""
    return db.session.scalar(select(ChannelLink.history_read_at)) is not None
