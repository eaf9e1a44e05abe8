"""The question of response times that an address asks."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from helpdesk.errors import NotFound
from helpdesk.metrics.definitions import Basis, Measure, Outcome, Touch
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.workload import AgeRange
from helpdesk.views.dashboards.filters import Filters

Word = TypeVar("Word", bound=StrEnum)

_LARGEST_ID = 2**63 - 1
_OLDEST = 3_000_000_000
"""Seconds; no instant lies so far back that it could not be written."""


def read_question(args: MultiDict[str, str], filters: Filters, *, zone: str, at: datetime) -> Question:
    """Raises InvalidInput for a wrong period, NotFound for what there is not."""
    return Question(
        scope=filters.scope,
        measure=_word(Measure, args.get("measure"), Measure.FIRST_RESPONSE),
        basis=_word(Basis, args.get("time"), Basis.CLOCK),
        period=period_of(args.get("from", ""), args.get("to", ""), zone=zone, at=at),
        at=at,
        agent_id=_number(args.get("agent")),
        at_least=_number(args.get("at_least")),
        under=_number(args.get("under")),
        touch=_word(Touch, given, Touch.ONE_TOUCH) if (given := args.get("touch")) else None,
    )


def read_outcome(args: MultiDict[str, str]) -> Outcome:
    return _word(Outcome, args.get("outcome"), Outcome.ANSWERED)


def _word(kind: type[Word], given: str | None, default: Word) -> Word:
    try:
        return kind(given) if given else default
    except ValueError:
        raise NotFound("no such choice") from None


def read_ages(args: MultiDict[str, str]) -> AgeRange:
    """Raises NotFound for what is no age."""
    at_least, under = (_number(args.get(name)) for name in ("at_least", "under"))
    if max(at_least or 0, under or 0) > _OLDEST:
        raise NotFound("no such age")
    return AgeRange(at_least=at_least, under=under)


def _number(given: str | None) -> int | None:
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or int(given) > _LARGEST_ID:
        raise NotFound("no such number")
    return int(given)
