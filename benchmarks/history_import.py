"""How fast one process imports past conversations from a file, beside copying the rows that come of it.

Ours: `helpdesk import history`, from the file's first byte to the last row, in messages a second: read, understood,
kept line by line, sorted by conversation, told as tickets and clocks, written. Conversations have four messages on
average, their lines stand in no order, and no turn repeats what another brought.

The limit: psycopg copies the same rows, which it is given, into another database (copied_rows.py).
"""

import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import desk
from benchmarks.copied_rows import CopiedRows, connected
from benchmarks.measuring import Result, by_turns, machine, table
from benchmarks.private_servers import PrivateServers
from helpdesk.importing.running import Wish, import_history
from helpdesk.orm import db
from helpdesk.people.queries import all_brands

NAME = "history_import"
AT_LEAST = 5_000
"""Messages a second."""
TURNS = 3
CONVERSATIONS = 10_000


def run() -> Result:
    print(machine())
    with PrivateServers() as servers, tempfile.TemporaryDirectory() as folder:
        desk.plant(servers.app)
        with servers.app.app_context():
            # The account that imported conversations belong to is to be in both databases.
            first = Path(folder) / "first.jsonl"
            write_history(first, conversations=10, seed=-1)
            importing(first, secret_key=servers.settings.secret_key)
            db.session.remove()
            db.engine.dispose()
        copy_url = servers.copy_database("rows_only")
        with servers.app.app_context(), connected(copy_url) as copy, connected(servers.settings.database_url) as read:
            rows, numbers = CopiedRows(read, copy), count()
            messages = [0]

            def ours() -> float:
                path = Path(folder) / "history.jsonl"
                messages[0] = write_history(path, conversations=CONVERSATIONS, seed=next(numbers))
                rows.mark()
                started = time.perf_counter()
                importing(path, secret_key=servers.settings.secret_key)
                return messages[0] / (time.perf_counter() - started)

            def limit() -> float:
                made = rows.made()
                if len(made["message"][1]) != messages[0]:
                    raise RuntimeError(f"{len(made['message'][1])} messages came of {messages[0]} lines")
                started = time.perf_counter()
                rows.write(made)
                return messages[0] / (time.perf_counter() - started)

            turns = by_turns(TURNS, ours, limit)
            db.session.remove()
            db.engine.dispose()
    values, limits = zip(*turns, strict=True)
    lines = [("one process", median(values), min(values)), ("the same rows by COPY", median(limits), min(limits))]
    print(table(("messages/s", "median", "least"), lines))
    ratios = [value / limit for value, limit in turns]
    return Result(
        name=NAME,
        value=median(values),
        unit="messages/s",
        limit=median(limits),
        ratio=median(ratios),
        goal=f"value >= {AT_LEAST:,}",
        met=median(values) >= AT_LEAST,
        n=len(turns),
        spread=(min(values), max(values)),
    )


def importing(path: Path, *, secret_key: str) -> None:
    wish = Wish(brand_ids=[brand.id for brand in all_brands()])
    import_history(
        path, wish, by=None, at=datetime.now(UTC), secret_key=secret_key, progress=lambda _phase, _done, _total: None
    )


def write_history(path: Path, *, conversations: int, seed: int, days: int = 600) -> int:
    """A file of so many conversations over the last `days`, its lines in no order; how many messages it holds."""
    dice = Random(seed)
    lines = [line for n in range(conversations) for line in _conversation(f"{seed}-{n}", dice, days)]
    dice.shuffle(lines)
    path.write_text("\n".join(lines))
    return len(lines)


def _conversation(name: str, dice: Random, days: int) -> Iterator[str]:
    at = datetime.now(UTC) - timedelta(days=1 + dice.random() * days)
    for n in range(dice.choice((2, 4, 4, 6))):
        line = {
            "conversation": name,
            "id": f"{name}-{n}",
            "at": at.isoformat(),
            "direction": ("in", "out")[n % 2],
            "text": "Where is my order? I have been waiting for it since last week.",
            "customer": name,
        }
        yield json.dumps(line if n % 2 == 0 else line | {"author": "amal@example.org"})
        at += timedelta(seconds=dice.expovariate(1 / 1_200))
