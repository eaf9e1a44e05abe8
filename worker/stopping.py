"""Whether this worker was asked to stop. A drain looks between its batches, so that it ends in good order."""

import threading

_asked = threading.Event()


def ask_to_stop() -> None:
    _asked.set()


def is_asked_to_stop() -> bool:
    return _asked.is_set()
