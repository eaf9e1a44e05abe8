"""How long it takes to try a changed promise on a month of 40,000 tickets.

Ours: `metrics.what_if`, from the first SELECT to the last interval judged, over imported tickets of 28 days. The
changed rule asks for half the time and counts all hours, so every interval is timed twice.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks import desk
from benchmarks.history_import import importing, write_history
from benchmarks.measuring import Result, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.what_if import what_if
from helpdesk.orm import db
from helpdesk.people.queries import all_brands, teams_of_brands
from helpdesk.sla.policies import book_of
from helpdesk.sla.publishing import PolicyDraft
from helpdesk.sla.retargeting import book_with_policy

NAME = "what_if"
TICKETS = 40_000
AT_MOST = 10.0
"""Seconds."""
TURNS = 5


def run() -> Result:
    print(machine())
    with PrivateServers() as servers, tempfile.TemporaryDirectory() as folder:
        desk.plant(servers.app)
        with servers.app.app_context():
            path = Path(folder) / "month.jsonl"
            write_history(path, conversations=TICKETS, seed=1, days=26)
            importing(path, secret_key=servers.settings.secret_key)
            measured = [_timed() for _ in range(TURNS)]
            db.session.remove()
            db.engine.dispose()
    seconds, intervals = [one[0] for one in measured], measured[0][1]
    print(table(("what if", "median s", "least", "most"), [("a month", median(seconds), min(seconds), max(seconds))]))
    print(f"{intervals:,} intervals of {TICKETS:,} tickets, each timed by two sets of rules")
    return Result(
        name=NAME,
        value=median(seconds),
        unit="s",
        limit=None,
        ratio=None,
        goal=f"value <= {AT_MOST:g}",
        met=median(seconds) <= AT_MOST,
        n=len(seconds),
        spread=(min(seconds), max(seconds)),
    )


def _timed() -> tuple[float, int]:
    """(seconds, intervals)."""
    at = datetime.now(UTC)
    [brand] = [brand for brand in all_brands() if teams_of_brands([brand.id])]
    scope = Scope(team_ids=frozenset(team.id for team in teams_of_brands([brand.id])))
    period = period_of("", "", zone="Europe/London", at=at)
    now = book_of([brand.id], at=at)
    rule = now.rules[brand.id][-1]
    draft = PolicyDraft(first_response=timedelta(minutes=7), next_response=timedelta(minutes=15))
    changed = book_with_policy(brand.id, rule.name, draft, at=at)
    started = time.perf_counter()
    found = what_if(scope, period, now=now, changed=changed, at=at)
    seconds = time.perf_counter() - started
    db.session.rollback()
    return seconds, found.intervals
