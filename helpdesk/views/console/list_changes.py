"""What changed in a ticket list since a page drew it. Pure: told what the page shows and what is there now."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpdesk.views.console.rows import ListRow

MOST_SHOWN = 200
"""Rows that a page keeps up to date in place; those below are drawn anew when they are loaded."""

_SHOWN = re.compile(r"(\d{1,18})\.([0-9a-f]{6})")


@dataclass(frozen=True, kw_only=True)
class ListChanges:
    rows: tuple[ListRow, ...]
    """Rows whose look changed, to be drawn in place."""
    removed: tuple[int, ...]
    """Tickets that this person may no longer see."""
    announcement: str
    """Words for the bar above the list; "" when the list is in order and whole."""

    @property
    def is_nothing(self) -> bool:
        return not (self.rows or self.removed or self.announcement)


def parse_shown(text: str) -> dict[int, str]:
    """id → digest of what the page shows, in its order."""
    return {int(number): digest for number, digest in _SHOWN.findall(text)[:MOST_SHOWN]}


def compare(
    shown: Mapping[int, str], front: Sequence[ListRow], others: Sequence[ListRow], *, is_whole: bool
) -> ListChanges:
    """`front` is the front of the queue now, `others` the rest of what is shown and may be seen.

    `is_whole`: the front is all of the queue, so what is not shown is new wherever it stands.
    """
    there = {row.id: row for row in (*front, *others)}
    return ListChanges(
        rows=tuple(there[i] for i, digest in shown.items() if i in there and there[i].digest != digest),
        removed=tuple(i for i in shown if i not in there),
        announcement=_announcement(shown, front, others, is_whole=is_whole),
    )


def _announcement(
    shown: Mapping[int, str], front: Sequence[ListRow], others: Sequence[ListRow], *, is_whole: bool
) -> str:
    places = [n for n, row in enumerate(front) if row.id in shown]
    last = places[-1] if places and not is_whole else len(front)
    new = [n for n, row in enumerate(front) if row.id not in shown and n < last]
    if new and places and new[-1] < places[0]:
        return f"{len(new)} newer above"
    if new:
        return f"{len(new)} new in this list"
    order = [i for i in shown if i in {row.id for row in front}]
    is_out_of_order = order != [row.id for row in front if row.id in shown]
    return "Some have changed places" if is_out_of_order or any(row.is_gone for row in others) else ""
