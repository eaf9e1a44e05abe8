"""`python -m helpdesk.demo`: the stand-in of X and the crowd of customers, beside a demo that runs.

It introduces to the simulator everybody whom the demo's database knows, so that replies reach people of an
earlier start too, and connects its webhook to the demo's channel account.
"""

import signal
import threading
from datetime import timedelta

import click

from config import Settings
from helpdesk import create_app
from helpdesk.messaging import queries
from helpdesk.messaging.models import ChannelAccount
from helpdesk.simulator.crowd import Crowd, run
from helpdesk.simulator.crowd_doors import Door, XDoor
from helpdesk.simulator.native_door import MessengerDoor
from helpdesk.simulator.x import CheckFailed, XSimulator
from helpdesk.simulator.x_dice import Dice, rates_of

SENDS_A_WINDOW = 60
"""More than X's strict fifteen: somebody who tries a demo answers faster than a desk."""


@click.command()
@click.option("--port", type=int, required=True, help="Where the stand-in of X listens.")
@click.option("--crowd", type=int, default=6, show_default=True, help="Messages a minute; 0 for none.")
@click.option("--faults", default="", help="What goes wrong on X, as `helpdesk simulate x --help` says.")
def main(port: int, crowd: int, faults: str) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    settings = Settings.from_environment()
    with create_app(settings).app_context():
        account = _x_account()
        path = f"/webhooks/x/{account.id}"
        people = [(identity.handle, identity.display_name) for identity in queries.customers_on("x")]
    with XSimulator(port=port, brand_username="larkpost", brand_name="Larkpost", send_limit=SENDS_A_WINDOW,
                    send_window=timedelta(minutes=15), workers=2, dice=Dice(rates_of(faults))) as x:  # fmt: skip
        for username, name in people:
            x.customer(username, name)
        _connect(x, settings.public_url + path, stopping)
        if crowd:
            doors: list[Door] = [XDoor(x.url), MessengerDoor(settings.public_url, brand="larkpost")]
            run(Crowd(doors, float(crowd), 0), sleep=stopping.wait, is_over=stopping.is_set)
        stopping.wait()


def _x_account() -> ChannelAccount:
    return next(account for account in queries.channel_accounts() if account.network == "x")


def _connect(simulator: XSimulator, webhook: str, stopping: threading.Event) -> None:
    """The helpdesk starts after us, so its address is tried until it answers."""
    while not stopping.is_set():
        try:
            simulator.connect_webhook(webhook)
        except CheckFailed:
            stopping.wait(0.5)
        else:
            return


if __name__ == "__main__":
    main()
