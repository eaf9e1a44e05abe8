"""Long calculations beside the hub: under gevent they would stop every other request of the process."""

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def off_the_hub(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `function` returns or raises; under gevent it runs in a real thread while other requests go on.

    That thread has no app context and no database session, and must not touch a socket of the request.
    """
    if not _is_patched_by_gevent():
        return function(*args, **kwargs)
    from gevent import get_hub

    result: R = get_hub().threadpool.apply(function, args, kwargs)
    return result


def _is_patched_by_gevent() -> bool:
    # Looked up rather than imported: a worker has no use for gevent, and loading it takes a while.
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("socket"))
