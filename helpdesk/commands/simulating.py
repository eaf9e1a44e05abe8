"""`helpdesk simulate`: a network on this machine, for those who have no account, and for those who want trouble."""

import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from helpdesk.simulator.crowd import Crowd, run
from helpdesk.simulator.crowd_doors import XDoor
from helpdesk.simulator.x import CheckFailed, XSimulator
from helpdesk.simulator.x_dice import SENT, TOLD, Dice, Mischief, Rates, UnknownFault, rates_of
from helpdesk.simulator.x_events_api import READ_WINDOW
from helpdesk.simulator.x_platform import ACCESS_TOKEN, APP_TOKEN
from helpdesk.simulator.x_record import Record
from helpdesk.simulator.x_webhooks import RETRY_WAITS
from helpdesk.simulator.x_wire import Envelope

SEND_WINDOW_SECONDS = 900.0


def read_faults(_context: click.Context, _option: click.Parameter, words: str) -> Rates:
    """The rates that `--faults` names."""
    try:
        return rates_of(words)
    except UnknownFault as error:
        raise click.BadParameter(str(error)) from error


def checked_faults(context: click.Context, option: click.Parameter, words: str) -> str:
    """The same words, once they are known to be understood."""
    read_faults(context, option, words)
    return words


def _listed(title: str, faults: Mapping[str, Mischief]) -> str:
    lines = [f"  {name:<18}{kind.does} ({kind.rate:g})" for name, kind in faults.items()]
    return "\n".join(("\b", title, *lines))


FAULTS_HELP = "\n\n".join(
    (
        _listed("Faults at each event that X tells of, with the chance of each unless you name one:", TOLD),
        _listed("Faults at each message that is sent:", SENT),
        "\b\n"
        "And as answers to a send: any code of X (349, 88, 130 …), problem (usage-capped …) or meaning\n"
        "(transient, throttled, recipient, content, auth, account, config, billing), each 0.002.\n"
        "`all` names all but revoked and outage, `errors` every code.",
    )
)


@click.group()
def simulate() -> None:
    """Run a stand-in of a network on this machine."""


@simulate.command(
    epilog=FAULTS_HELP,
    help="""Run a stand-in of X on 127.0.0.1 until it is stopped.

It speaks X's documented format: webhooks with checks and signatures, sending, media, limits, errors. What customers
do is told to it over HTTP (POST /_control/write with {"from": "dana", "text": "Hello"}; x_control.py lists the rest),
or by --crowd. With --faults things go wrong as seeded dice fall, and --record keeps what was truly said.

\b
Against a helpdesk of your own:
  helpdesk channel add x --brand larkpost --team Support --account-id 7001 \\
      --credential consumer_secret=s --credential access_token=simulated-access-token
  helpdesk simulate x --consumer-secret s --webhook http://127.0.0.1:8000/webhooks/x/1 \\
      --crowd 60 --faults all,outage --time-scale 0.0007 --seed 4 --record said.jsonl

Start the helpdesk with the settings that are printed first: they tell it where X is, and to wait as briefly as X
does under --time-scale.
""",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8100, show_default=True, help="Where; 0: a free one.")
@click.option("--consumer-secret", required=True, help="Signs webhooks; the same as the channel account's.")
@click.option("--access-token", default=ACCESS_TOKEN, show_default=True, help="The brand's user token.")
@click.option("--app-token", default=APP_TOKEN, show_default=True, help="The app's own bearer token.")
@click.option("--brand-id", default="7001", show_default=True)
@click.option("--brand-username", default="brand", show_default=True)
@click.option("--brand-name", default="Brand", show_default=True)
@click.option("--webhook", default="", help="An address to register and subscribe, tried until it answers its check.")
@click.option("--envelope", type=click.Choice(["xaa", "aaa"]), default="xaa", show_default=True)
@click.option(
    "--send-limit", type=click.IntRange(1), default=15, show_default=True, help="Sends in one window; X is strict."
)
@click.option(
    "--send-window",
    type=click.FloatRange(0, min_open=True),
    default=SEND_WINDOW_SECONDS,
    show_default=True,
    help="Seconds of a window.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="Webhook calls at once.")
@click.option("--crowd", type=click.FloatRange(0), default=0.0, show_default=True, help="Customers' messages a minute.")
@click.option("--faults", callback=read_faults, default="", metavar="NAME[:RATE],…", help="What goes wrong; see below.")
@click.option("--seed", default=0, show_default=True, help="Of dice and crowd: equal seeds, equal faults.")
@click.option(
    "--time-scale",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Shortens all waits: calls again, windows, delays, outages. 0.0007 makes a day a minute.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that gets a line of JSON for each message written or taken, and for each fault.",
)
def x(
    webhook: str,
    envelope: Envelope,
    send_window: float,
    crowd: float,
    faults: Rates,
    seed: int,
    time_scale: float,
    record: Path | None,
    **platform: Any,
) -> None:
    simulator = XSimulator(
        send_window=timedelta(seconds=send_window) * time_scale,
        read_window=READ_WINDOW * time_scale,
        retry_waits=[wait * time_scale for wait in RETRY_WAITS],
        hang=timedelta(seconds=120) * time_scale,
        dice=Dice(faults, seed),
        time_scale=time_scale,
        record=_opened(record),
        **platform,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: simulator.stopping.set())
    with simulator:
        _announce(simulator, time_scale)
        _connect(simulator, webhook, envelope)
        if crowd:
            run(
                Crowd([XDoor(simulator.url)], crowd, seed),
                sleep=simulator.stopping.wait,
                is_over=simulator.stopping.is_set,
            )
        simulator.stopping.wait()


def _opened(path: Path | None) -> Record:
    try:
        return Record(path)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint="--record") from error


def _announce(simulator: XSimulator, time_scale: float) -> None:
    click.echo(f"simulated X on {simulator.url}; start the helpdesk with")
    settings = {
        "X_API_URL": simulator.url,
        "X_MEDIA_HOSTS": "127.0.0.1",
        "X_TIME_SCALE": f"{time_scale:g}",
        "ALLOW_PRIVATE_ADDRESSES": "1",
    }
    for name, value in settings.items():
        click.echo(f"export {name}={value}")


def _connect(simulator: XSimulator, webhook: str, envelope: Envelope) -> None:
    """The helpdesk may start after us, so the address is tried until it is there."""
    while webhook and not simulator.stopping.is_set():
        try:
            simulator.connect_webhook(webhook, envelope=envelope)
        except CheckFailed:
            simulator.stopping.wait(1.0)
        else:
            click.echo(f"webhook {webhook} is connected")
            return
