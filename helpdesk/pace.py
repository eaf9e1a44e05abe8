"""How long we wait for a network: as its documents say, or shortened where a simulator makes a day fit a minute."""

from datetime import timedelta


class Pace:
    """The process's one pace, bound by create_app. 1 is real time; 0.001 makes of an hour 3.6 seconds."""

    def __init__(self) -> None:
        self.scale = 1.0

    def bind(self, scale: float) -> None:
        self.scale = scale

    def of(self, wait: timedelta, *, at_least: timedelta = timedelta(0)) -> timedelta:
        """That wait at this pace; `at_least` is what the work itself takes, which no pace shortens."""
        return min(wait, max(wait * self.scale, at_least))


pace = Pace()
