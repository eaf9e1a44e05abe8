"""How a page's server time grows from a thousand tickets to a hundred thousand."""

from collections.abc import Callable
from statistics import median

from benchmarks.figures import percentile
from benchmarks.filled_desks import ACTIVE, LARGE, SMALL, FilledDesk, filled
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers

GOAL = Goal(sign="<=", number=1.3)
TURNS = 7


def measure_growth(name: str, pages: Callable[[FilledDesk], list[float]]) -> Result:
    """Median page time at LARGE beside that at SMALL, by turns; met when the growth is at most the goal."""
    print(machine())
    with PrivateServers() as servers:
        small, large = filled(servers, "small", tickets=SMALL), filled(servers, "large", tickets=LARGE)
        times: dict[int, list[float]] = {SMALL: [], LARGE: []}

        def turn(desk: FilledDesk, size: int) -> float:
            taken = [seconds * 1000 for seconds in pages(desk)]
            times[size].extend(taken)
            return median(taken)

        measured = by_turns(TURNS, lambda: turn(large, LARGE), lambda: turn(small, SMALL))
    rows = [(f"{size:,} tickets", percentile(t, 0.5), percentile(t, 0.95), len(t)) for size, t in times.items()]
    print(table(("server time", "p50 ms", "p95 ms", "pages"), rows))
    print(f"{ACTIVE} active tickets in both; growth of the medians is judged, at most {GOAL.number}")
    return judged(name, "ms", measured, GOAL)
