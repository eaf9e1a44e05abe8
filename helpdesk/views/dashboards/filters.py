"""What a view of the dashboards is narrowed to. All of it is in the address, so that a view can be shared."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from helpdesk.errors import NotFound
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Brand, Team
from helpdesk.people.permissions import Standing
from helpdesk.tickets.models import PRIORITY_OF_WORD
from helpdesk.tickets.tagging_queries import tags_of_brands

KEPT = ("brand", "team", "channel", "priority", "tag", "from", "to", "measure", "time", "sort")
"""What a link to another view carries along."""

_PRESETS = ((7, "Last 7 days"), (28, "Last 28 days"), (91, "Last 13 weeks"))

Row = TypeVar("Row", Brand, Team)
Value = TypeVar("Value")

CHANNELS: Mapping[str, str] = {"native": "Direct", "x": "X", "imported": "Imported"}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One line of a filter's menu."""

    label: str
    query: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class FilterMenu:
    name: str
    label: str
    value: str
    is_set: bool
    options: list[Option]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The choices of one request, checked against what the person may see."""

    args: Mapping[str, str]
    brands: list[Brand]
    teams: list[Team]
    accounts: list[ChannelAccount]
    brand: Brand | None
    team: Team | None
    channel: str | None
    tags: list[str]
    scope: Scope
    carried: Collection[str] = KEPT
    """What of the address goes along with every other choice."""

    def query(self, **changes: object) -> str:
        """The query string of this view with other choices; None takes one away."""
        changed = {name.rstrip("_"): value for name, value in changes.items()}
        kept = [pair for name, pair in self._kept.items() if name not in changed]
        given = urlencode({name: str(value) for name, value in changed.items() if value is not None})
        return "?" + "&".join([*kept, given] if given else kept)

    @cached_property
    def _kept(self) -> dict[str, str]:
        """Written once: a page has two hundred addresses of rows."""
        return {name: urlencode({name: value}) for name, value in self.args.items() if name in self.carried and value}

    def menus(self) -> list[FilterMenu]:
        """Those in which there is something to choose."""
        every = [
            self._menu("brand", "Brand", [(str(b.id), b.name) for b in self.brands], forget=("team",)),
            self._menu("team", "Team", [(str(t.id), t.name) for t in self._teams_of_brand()]),
            self._menu("channel", "Channel", [(n, CHANNELS.get(n, n)) for n in networks(self.accounts)]),
        ]
        some = [
            self._menu("priority", "Priority", [(word, word.capitalize()) for word in PRIORITY_OF_WORD]),
            self._menu("tag", "Tag", [(name, name) for name in self.tags]),
        ]
        # A ticket has a brand, a team and a channel: of one there is no choice. Not every ticket has a tag.
        return [m for m in every if len(m.options) > 2] + [m for m in some if len(m.options) > 1]

    def _teams_of_brand(self) -> list[Team]:
        return [team for team in self.teams if self.brand is None or team.brand_id == self.brand.id]

    def _menu(self, name: str, label: str, values: list[tuple[str, str]], forget: tuple[str, ...] = ()) -> FilterMenu:
        chosen = self.args.get(name, "")
        also: dict[str, object] = dict.fromkeys(forget)
        options = [
            Option(label=words, query=self.query(**{name: value or None}, **also), is_chosen=value == chosen)
            for value, words in [("", "All"), *values]
        ]
        shown = next((option.label for option in options if option.is_chosen), "All")
        return FilterMenu(name=name, label=label, value=shown, is_set=bool(chosen), options=options)

    def periods(self, period: Period, *, at: datetime) -> list[Option]:
        """The usual periods, to choose one of."""
        found = []
        for days, words in _PRESETS:
            usual = period_of("", "", zone=period.zone, at=at)
            first = usual.last - timedelta(days=days - 1)
            is_chosen = (period.first, period.last) == (first, usual.last)
            found.append(Option(label=words, query=self.query(from_=first, to=usual.last), is_chosen=is_chosen))
        return found


def read_filters(args: MultiDict[str, str], standing: Standing) -> Filters:
    """Raises NotFound for a brand, team, channel or tag that this person does not see."""
    given = {name: value for name, value in args.items() if value}
    scope = scope_of(standing)
    teams = list(people_queries.teams(scope.team_ids))
    brands = list(people_queries.brands({team.brand_id for team in teams}))
    accounts = [a for a in messaging_queries.all_accounts() if a.brand_id in {brand.id for brand in brands}]
    brand = _chosen(brands, given.get("brand"))
    team = _chosen(teams, given.get("team"))
    channel = given.get("channel")
    if channel is not None and channel not in networks(accounts):
        raise NotFound("no such channel")
    tags = tags_of_brands([brand.id for brand in brands])
    return Filters(
        args=given,
        brands=brands,
        teams=teams,
        accounts=accounts,
        brand=brand,
        team=team,
        channel=channel,
        tags=list(tags),
        scope=scope.narrowed(
            team_ids=[t.id for t in teams if (brand is None or t.brand_id == brand.id) and (team is None or t is team)],
            account_ids=None if channel is None else [a.id for a in accounts if a.network == channel],
            priority=_named(PRIORITY_OF_WORD, given.get("priority")),
            tag_ids=_named(tags, given.get("tag")),
        ),
    )


def networks(accounts: list[ChannelAccount]) -> list[str]:
    return sorted({account.network for account in accounts})


def _named(choices: Mapping[str, Value], name: str | None) -> Value | None:
    if name is None:
        return None
    if name not in choices:
        raise NotFound("no such choice")
    return choices[name]


def _chosen(rows: list[Row], number: str | None) -> Row | None:
    if number is None:
        return None
    found = next((row for row in rows if str(row.id) == number), None)
    if found is None:
        raise NotFound("no such choice")
    return found
