"""Each in a process of its own: gevent patches a process for good."""

import subprocess
import sys

import pytest

from helpdesk.offloading import off_the_hub

UNDER_GEVENT = "from gevent import monkey; monkey.patch_all()\n"

TICKS = """
import gevent, time, _thread
from hashlib import pbkdf2_hmac
from helpdesk.offloading import off_the_hub

ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.005)
ticker = gevent.spawn(tick)
gevent.sleep(0)
before = len(ticks)
off_the_hub(pbkdf2_hmac, "sha256", b"secret", b"salt", 1_000_000)
print(len(ticks) - before)
"""

RAISES = """
from helpdesk.offloading import off_the_hub
try:
    off_the_hub(int, "no number", base=10)
except ValueError as error:
    print(error)
"""


def printed_by(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return run.stdout.strip()


def test_other_requests_go_on_while_a_thread_calculates() -> None:
    assert int(printed_by(UNDER_GEVENT + TICKS)) >= 5


def test_an_error_in_the_thread_comes_to_the_caller() -> None:
    assert "no number" in printed_by(UNDER_GEVENT + RAISES)


def test_without_gevent_it_is_a_plain_call() -> None:
    assert off_the_hub(int, "ff", base=16) == 255
    with pytest.raises(ValueError, match="no number"):
        off_the_hub(int, "no number")
