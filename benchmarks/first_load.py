"""What the first load of the console brings over the wire: a browser with an empty cache opens a queue.

Counted by Chromium itself: headers and bodies as they came, compressed or not, of everything that the page asks for.
"""

from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.filled_desks import QUEUE, filled, session_cookie
from benchmarks.measuring import Goal, Result, machine, table
from benchmarks.private_servers import PrivateServers
from benchmarks.x_calls import HOST

NAME = "first_load"
GOAL = Goal(sign="<=", number=1.0)
LIMIT = 120_000
CHROMIUM = "/usr/bin/chromium"

_SETTLED_SECONDS = 2.0


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        desk = filled(servers, "desk", tickets=1_000)
        port = servers.start_web(processes=1, settings={"DATABASE_URL": desk.database_url})
        loaded = _load(f"http://{HOST}:{port}", session_cookie(desk.app))
    total = float(sum(size for _, size in loaded))
    print(table(("over the wire", "bytes"), [(path, round(size)) for path, size in loaded]))
    print("everything counts: headers, fonts, icons; the event stream as far as it came")
    return Result(
        name=NAME,
        value=total,
        unit="bytes",
        limit=LIMIT,
        ratio=total / LIMIT,
        goal=str(GOAL),
        met=GOAL.is_met_by(total / LIMIT),
        n=1,
        spread=(total, total),
    )


def _load(address: str, cookie: dict[str, Any]) -> list[tuple[str, float]]:
    """Path and bytes of each thing that was fetched, the largest first."""
    paths: dict[str, str] = {}
    sizes: dict[str, float] = {}
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM) as browser:
        context = browser.new_context()
        context.add_cookies([{**cookie, "url": address}])  # type: ignore[list-item]
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", lambda told: paths.update({told["requestId"]: told["request"]["url"]}))
        wire.on("Network.responseReceived", lambda told: _note(sizes, told, told["response"]["encodedDataLength"]))
        wire.on("Network.loadingFinished", lambda told: _note(sizes, told, told["encodedDataLength"]))
        answer = page.goto(address + QUEUE, wait_until="load")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{QUEUE} answered {answer and answer.status}")
        page.wait_for_timeout(_SETTLED_SECONDS * 1000)
    named = [(paths[request].removeprefix(address), size) for request, size in sizes.items() if request in paths]
    return sorted((one for one in named if not one[0].startswith("data:")), key=lambda one: -one[1])


def _note(sizes: dict[str, float], told: dict[str, Any], size: float) -> None:
    sizes[told["requestId"]] = max(sizes.get(told["requestId"], 0.0), size)
