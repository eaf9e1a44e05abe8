"""A console page beside the bare rendering of its template from the very objects that the page had ready.

Both the queue's page and a ticket's are measured at 100,000 tickets; the worse of the two is judged.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import template_rendered

from benchmarks.filled_desks import LARGE, QUEUE, FilledDesk, filled
from benchmarks.measuring import Goal, Result, by_turns, judged, machine, table
from benchmarks.private_servers import PrivateServers

NAME = "console_render"
GOAL = Goal(sign="<=", number=5.0)
TURNS = 40


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        desk = filled(servers, "large", tickets=LARGE)
        paths = {"queue": QUEUE, "ticket": f"/console/tickets/{desk.ticket_ids[0]}"}
        results = {words: judged(NAME, "ms", _measure(desk, path), GOAL) for words, path in paths.items()}
    rows = [(f"{words}'s page", r.value, r.limit, r.ratio) for words, r in results.items()]
    print(table(("medians", "page ms", "template alone ms", "ratio"), rows))
    return max(results.values(), key=lambda result: result.ratio or 0.0)


def _measure(desk: FilledDesk, path: str) -> list[tuple[float, float]]:
    with _drawn(desk) as drawn:
        desk.seconds_of([path])
    template, context = drawn[-1]

    def render() -> float:
        with desk.app.test_request_context(path):
            started = time.perf_counter()
            template.render(context)
            return (time.perf_counter() - started) * 1000

    return by_turns(TURNS, lambda: desk.seconds_of([path])[0] * 1000, render)


@contextmanager
def _drawn(desk: FilledDesk) -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    """The templates that are rendered meanwhile, with what they were given."""
    drawn: list[tuple[Any, dict[str, Any]]] = []

    def note(_app: object, template: Any, context: dict[str, Any], **_: object) -> None:
        drawn.append((template, context))

    with template_rendered.connected_to(note, desk.app):
        yield drawn
