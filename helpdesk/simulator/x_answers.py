"""Answers of the stand-in of X, for the files that hold some of its endpoints each."""

import json
from collections.abc import Mapping
from typing import Protocol

from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from helpdesk.simulator.x_faults import Fault


class Refused(Exception):
    """X says no; `fault` is its answer."""

    def __init__(self, fault: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(fault.status)
        self.fault = fault
        self.headers = headers


class Endpoints(Protocol):
    """Some of X's endpoints: a method for each endpoint of `routes`."""

    routes: Map


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json", headers=dict(headers or {}))


def fault_answer(fault: Fault, headers: Mapping[str, str] | None = None) -> Response:
    if fault.body is None:
        return Response("<html>Bad Gateway</html>", status=fault.status or 502, content_type="text/html")
    return json_answer(fault.status, fault.body, headers)


def bearer_of(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")
