"""`helpdesk seed`."""

import click

from config import Settings
from helpdesk import clock, seeds
from helpdesk.commands.application import application


@click.command()
def seed() -> None:
    """Plant a believable helpdesk to try things on; what is there already stays as it is."""
    with application() as app:
        settings: Settings = app.config["SETTINGS"]
        for line in seeds.plant(secret_key=settings.secret_key, at=clock.now()):
            click.echo(line)
