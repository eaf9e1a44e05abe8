"""What a fragment brings over the wire: the panes of a ticket, and what changed in a list. The larger is judged."""

import http.client

from benchmarks.filled_desks import QUEUE, FilledDesk, filled, session_cookie
from benchmarks.measuring import Goal, Result, machine, table
from benchmarks.private_servers import PrivateServers
from benchmarks.x_calls import HOST

NAME = "fragment"
GOAL = Goal(sign="<=", number=1.0)
LIMIT = 10_000


def run() -> Result:
    print(machine())
    with PrivateServers() as servers:
        desk = filled(servers, "desk", tickets=1_000)
        port = servers.start_web(processes=1, settings={"DATABASE_URL": desk.database_url})
        sizes = {words: _bytes_of(port, path, desk) for words, path in _fragments(desk).items()}
    print(table(("a fragment over the wire", "bytes"), list(sizes.items())))
    largest = float(max(sizes.values()))
    return Result(
        name=NAME,
        value=largest,
        unit="bytes",
        limit=LIMIT,
        ratio=largest / LIMIT,
        goal=str(GOAL),
        met=GOAL.is_met_by(largest / LIMIT),
        n=len(sizes),
        spread=(float(min(sizes.values())), largest),
    )


def _fragments(desk: FilledDesk) -> dict[str, str]:
    one, another = desk.ticket_ids[:2]
    return {
        "the panes of a ticket": f"/console/tickets/{one}",
        "the panes of another": f"/console/tickets/{another}",
        "a row of a list that changed": f"{QUEUE}/changes?shown={one}.000000",
        "the queues with their counts": "/console/queues/counts",
    }


def _bytes_of(port: int, path: str, desk: FilledDesk) -> int:
    """Head and body of the answer, as a browser would be sent them."""
    cookie = session_cookie(desk.app)
    headers = {
        "Cookie": f"{cookie['name']}={cookie['value']}",
        "Accept-Encoding": "gzip, deflate, br",
        "HX-Request": "true",
        "HX-Request-Type": "partial",
    }
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status}")
    return len(body) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
