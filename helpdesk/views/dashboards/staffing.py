"""Staffing: how many agents each hour of the coming week needs for an aim, and how well the forecast did before."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput
from helpdesk.metrics.erlang import Aim, Load, answered_within, mean_wait
from helpdesk.metrics.played_weeks import PlayedWeeks, Recorded, play_weeks, recorded_work
from helpdesk.metrics.simulating import Played
from helpdesk.metrics.staffing import Hour, Plan, past_turns, plan
from helpdesk.sla.words import WEEKDAYS
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.filters import KEPT, Filters, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.rendering import duration, page_or_block

_SHADES = 5


@dataclass(frozen=True, kw_only=True)
class Field:
    """What a field of the form has at first, and what it takes."""

    usual: str = ""
    least: float
    most: float
    is_whole: bool = False

    @property
    def may_be_empty(self) -> bool:
        return not self.usual


_FIELDS = {
    "part": Field(usual="80", least=1, most=99.9),
    "within": Field(usual="15", least=0, most=10_080),
    "handle": Field(usual="4", least=0.1, most=480),
    "concurrency": Field(usual="3", least=1, most=20, is_whole=True),
    "shrinkage": Field(usual="30", least=0, most=90),
    "patience": Field(least=1, most=10_080),
    "agents": Field(least=1, most=10_000, is_whole=True),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One hour of the week. `shade` is 0 where nobody is expected, up to 5 where most are."""

    planned: int
    shade: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Row:
    hour: str
    cells: list[Cell]


@blueprint.get("/staffing")
@open_to(Audience.LEADS)
def show_staffing() -> ResponseReturnValue:
    filters = replace(read_filters(request.args, current_standing()), carried=(*KEPT, *_FIELDS))
    given = {name: request.args.get(name, field.usual) for name, field in _FIELDS.items()}
    numbers, errors = _numbers(given)
    found, tried, played = None, None, None
    turns = past_turns(filters.scope, zone=_zone(filters), at=clock.now())
    recorded = recorded_work(turns)
    if not errors:
        aim, handle_time, agents = _aim(numbers), numbers["handle"] / 60, int(numbers.get("agents", 0)) or None
        try:
            found = plan(turns, aim=aim, handle_time=handle_time)
            tried = _tried(found, agents, aim, handle_time) if agents else None
            played = play_weeks(turns, found, recorded=recorded, aim=aim, handle_time=handle_time, agents=agents)
        except InvalidInput as error:
            errors = {error.field if error.field in _FIELDS else "part": str(error)}
    answer = page_or_block(
        "dashboards/staffing.html",
        "report",
        **around(filters, current="staffing"),
        given=given,
        errors=errors,
        plan=found,
        tried=tried,
        played=played,
        played_lines=_played_lines(played, given),
        weekdays=[day[:3] for day in WEEKDAYS],
        rows=_rows(found) if found else [],
        measured=_measured(recorded),
    )
    answer.status_code = 422 if errors else 200
    return answer


def _played_lines(played: PlayedWeeks | None, given: Mapping[str, str]) -> list[tuple[str, Played]]:
    """(what it is, what came of it); what was measured, and the model beside it, come first."""
    if played is None:
        return []
    lines = [
        ("Measured", played.measured),
        ("Played as it was", played.as_it_was),
        ("Played with the plan", played.planned),
    ]
    return lines + ([(f"Played with {given['agents']} at work", played.tried)] if played.tried else [])


def _measured(recorded: Recorded) -> str:
    """How long a reply took in the last weeks, in words; "" with too few to tell."""
    if not recorded.is_enough:
        return ""
    return f"Measured in {recorded.period.words}: {duration(float(recorded.seconds.sum()) / recorded.replies)}."


def _zone(filters: Filters) -> str:
    return filters.brand.time_zone if filters.brand else current_agent().time_zone


def _aim(numbers: Mapping[str, float]) -> Aim:
    return Aim(
        part=numbers["part"] / 100,
        within=numbers["within"] / 60,
        concurrency=int(numbers["concurrency"]),
        shrinkage=numbers["shrinkage"] / 100,
        patience=numbers["patience"] / 60 if "patience" in numbers else None,
    )


def _numbers(given: Mapping[str, str]) -> tuple[dict[str, float], dict[str, str]]:
    """What was written, by field, less what was left empty; and for each field that has something else, its error."""
    numbers: dict[str, float] = {}
    errors: dict[str, str] = {}
    for name, field in _FIELDS.items():
        words = given[name].strip()
        if field.may_be_empty and not words:
            continue
        number = _number(words)
        # No comparison with nan is true.
        if field.least <= number <= field.most and (not field.is_whole or number.is_integer()):
            numbers[name] = number
        else:
            whole = "whole " if field.is_whole else ""
            errors[name] = f"Write a {whole}number from {field.least:g} to {field.most:,g}."
    return numbers, errors


def _number(words: str) -> float:
    """nan for what is none."""
    try:
        return float(words.replace(",", ".")) if words.isascii() else math.nan
    except ValueError:
        return math.nan


def _rows(found: Plan) -> list[Row]:
    """The hours in which anybody is needed on any day, from the first to the last."""
    busy = [hour for (_, hour), one in found.hours.items() if one.staff.planned]
    if not busy:
        return []
    most = max(one.expected.mean for one in found.hours.values())
    return [
        Row(hour=f"{hour:02}:00", cells=[_cell(found.hours[day, hour], most) for day in range(7)])
        for hour in range(min(busy), max(busy) + 1)
    ]


def _cell(hour: Hour, most: float) -> Cell:
    expected = hour.expected
    words = (
        f"{expected.mean:.1f} expected, {expected.low} to {expected.high} likely; {hour.staff.working} at work reach "
        f"{100 * hour.staff.reached:.0f} %; {hour.busy.planned} in the roster for a busy hour"
    )
    return Cell(planned=hour.staff.planned, shade=math.ceil(_SHADES * expected.mean / most), words=words)


def _tried(found: Plan, agents: int, aim: Aim, handle_time: float) -> str:
    """What so many agents at work would reach in the busiest hour, in words."""
    (day, hour), busiest = max(found.hours.items(), key=lambda one: one[1].expected.mean)
    load, servers = Load(arrivals=busiest.expected.mean, handle_time=handle_time), agents * aim.concurrency
    when = f"{WEEKDAYS[day]} {hour:02}:00, {load.arrivals:.1f} waits expected"
    people = f"{agents} agent{'' if agents == 1 else 's'} at work"
    if not load.arrivals:
        return "Nobody is expected at any hour."
    try:
        reached, wait = answered_within(load, servers, aim.within), mean_wait(load, servers)
    except InvalidInput as unstable:
        return f"In the busiest hour ({when}), {people} would be too few. {unstable}"
    return (
        f"In the busiest hour ({when}), with {people}, {100 * reached:.0f} % are answered in time; on average one "
        f"waits {duration(60 * round(60 * wait))} before the work on the reply begins."
    )
