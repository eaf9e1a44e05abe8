"""How gunicorn serves: gevent, the application loaded once before the fork.

`bind` and the number of processes are told on the command line (`helpdesk web`).
"""

from gevent import monkey

# Before anything imports psycopg, redis or ssl: psycopg looks once at what `select` is, and with the unpatched one
# every request of a process waits while one waits for the database, without a word.
monkey.patch_all()

import gc  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402

worker_class = "gevent"
worker_connections = 1000
preload_app = True
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"

timeout = 30
graceful_timeout = 5
# Ended event streams hold their connections for this long, and with them the worker that is to go.
keepalive = 2
limit_request_line = 4094
limit_request_field_size = 8190


def when_ready(_server: Any) -> None:
    """Let what the application started while loading come to rest: a timer that is cut by the fork fails loudly.

    What is loaded stays, and its processes need not look through it for garbage again and again.
    """
    gevent.sleep(0.05)
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Tell the application when its process is to go, so that open event streams say goodbye."""
    gevent.spawn(_watch, worker)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the live gauges of a process that has ended."""
    from config import environment

    if environment().get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def _watch(worker: Any) -> None:
    while worker.alive:
        gevent.sleep(0.25)
    for close in worker.wsgi.extensions.get("before_exit", ()):
        close()
