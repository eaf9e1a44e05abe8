"""The worker pool: `python -m worker --processes 2`. Settings come from the environment."""

import argparse
import gc
import logging

from redis import Redis
from rq.worker_pool import WorkerPool
from sqlalchemy.orm import configure_mappers

from config import Settings
from helpdesk import create_app
from worker import deliver, history, importing, ingest, mail, media, periodic  # noqa: F401  (before the fork: a worker's first job is to be quick)
from worker.app_worker import AppWorker

# In this order: an answer that waits to go out comes before what came in.
QUEUES = ("deliver", "ingest", "media", "history", "periodic", "mail", "import")


def main() -> None:
    settings = Settings.from_environment()
    AppWorker.app = create_app(settings)
    configure_mappers()
    # Made here and not taken from the application: RQ changes the time-outs of the client that it is given.
    connection = Redis.from_url(settings.redis_url.replace("redis+unix:", "unix:"), health_check_interval=30)
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    # What is loaded stays: looked through again and again for garbage, it takes a quarter of a busy worker's time.
    gc.collect()
    gc.freeze()
    # A batch makes tens of thousands of objects and drops them together; looked through every 700, a drain was slower
    # by a twentieth.
    gc.set_threshold(50_000)
    pool = WorkerPool(QUEUES, connection=connection, num_workers=_processes(), worker_class=AppWorker)
    pool.start(logging_level="WARNING")


def _processes() -> int:
    parser = argparse.ArgumentParser(prog="python -m worker")
    parser.add_argument("--processes", type=int, default=2)
    return int(parser.parse_args().processes)


if __name__ == "__main__":
    main()
