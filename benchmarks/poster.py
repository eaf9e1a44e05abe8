"""A bare client of X's, a process of its own: so many posts to it at a time, and nothing written down.

`python -m benchmarks.poster '{"url": …, "ids": […], "posts": …, "at_once": …}'` prints how many a second were taken.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import httpx

from benchmarks.x_calls import ACCESS_TOKEN


@dataclass(frozen=True, kw_only=True)
class Posting:
    url: str
    ids: Sequence[str]
    """Whom to write to, by turns."""
    posts: int
    at_once: int


def post(posting: Posting) -> float:
    """Posts a second, from a process of its own. Raises CalledProcessError when one was not taken."""
    argv = [sys.executable, "-m", "benchmarks.poster", json.dumps(asdict(posting))]
    return float(subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _run(posting: Posting) -> float:
    with httpx.Client(headers={"Authorization": f"Bearer {ACCESS_TOKEN}"}, timeout=60) as client:

        def once(number: int) -> None:
            recipient = posting.ids[number % len(posting.ids)]
            address = f"{posting.url}/2/dm_conversations/with/{recipient}/messages"
            client.post(address, json={"text": f"Answer {number} by the bare client"}).raise_for_status()

        started = time.perf_counter()
        with ThreadPoolExecutor(max_workers=posting.at_once) as threads:
            list(threads.map(once, range(posting.posts)))
        return posting.posts / (time.perf_counter() - started)


if __name__ == "__main__":
    print(_run(Posting(**json.loads(sys.argv[1]))))
