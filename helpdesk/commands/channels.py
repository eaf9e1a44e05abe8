"""`helpdesk channel`: a brand's accounts on networks."""

import click

from config import Settings
from helpdesk.channels import registry
from helpdesk.commands.application import application
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging import registering
from helpdesk.messaging.connecting import add_channel_account, add_native_account
from helpdesk.messaging.models import ChannelAccount
from helpdesk.people import queries
from helpdesk.transaction import transaction


@click.group()
def channel() -> None:
    """A brand's accounts on networks."""


@channel.command("add")
@click.argument("network", type=click.Choice(sorted(registry.networks())))
@click.option("--brand", "handle", required=True, help="The brand's handle here.")
@click.option("--team", "team_name", required=True, help="Whose its unassigned tickets are.")
@click.option("--account-id", default="", help="The brand's own id on the network; not for native.")
@click.option("--account-handle", default="", help="The brand's name on the network, for people to read.")
@click.option("--credential", "credentials", multiple=True, metavar="NAME=VALUE", help="May be given several times.")
def add_channel(
    network: str, handle: str, team_name: str, account_id: str, account_handle: str, credentials: tuple[str, ...]
) -> None:
    """Connect a brand to a network; prints the id and the webhook address.

    \b
    helpdesk channel add x --brand larkpost --team Support --account-id 7001 \\
        --credential consumer_secret=… --credential access_token=…
    """
    with application() as app, transaction():
        settings: Settings = app.config["SETTINGS"]
        brand = queries.brand_by_handle(handle)
        team = queries.team_by_name(brand.id, team_name)
        if network == "native":
            account = add_native_account(brand, team=team, secret_key=settings.secret_key)
            click.echo(f"added channel account {account.id}: native, found by customers as @{brand.handle}")
            return
        if not account_id:
            raise click.BadParameter("needed: the brand's own id on the network", param_hint="--account-id")
        account = add_channel_account(
            brand,
            network=network,
            external_id=account_id,
            handle=account_handle or brand.handle,
            team=team,
            credentials=dict(_pair(words) for words in credentials),
            secret_key=settings.secret_key,
        )
        click.echo(f"added channel account {account.id}: {network} {account_id}")
        click.echo(f"{settings.public_url}/webhooks/{network}/{account.id}")


@channel.command("list")
def list_channels() -> None:
    """Every channel account, with its health."""
    with application():
        for account in messaging_queries.channel_accounts():
            reason = f" ({account.health_reason})" if account.health_reason else ""
            click.echo(
                f"{account.id}\t{account.network}\t{account.external_id}\t@{account.handle}\t{account.health}{reason}"
            )


@channel.command("connect")
@click.argument("account_id", metavar="ID", type=int)
def connect_channel(account_id: int) -> None:
    """Have the network call us: register our webhook and subscribe the account's events.

    Web must be running and reachable at PUBLIC_URL, because the network checks the address at once. Doing it again
    repairs what is not in order.
    """
    with application() as app:
        settings: Settings = app.config["SETTINGS"]
        connected = registering.connect(_account(account_id), settings)
        click.echo(f"{connected.webhook.url} is webhook {connected.webhook.id} and valid")
        click.echo(f"subscribed: {', '.join(connected.events)}")


@channel.command("disconnect")
@click.argument("account_id", metavar="ID", type=int)
def disconnect_channel(account_id: int) -> None:
    """Have the network call us no more. Nothing that was said is lost."""
    with application() as app:
        registering.disconnect(_account(account_id), app.config["SETTINGS"])
        click.echo("the webhook is taken away")


@channel.command("webhooks")
@click.argument("account_id", metavar="ID", type=int)
def list_webhooks(account_id: int) -> None:
    """Every webhook that the account's app has at the network."""
    with application() as app:
        for webhook in registering.registered(_account(account_id), app.config["SETTINGS"]):
            click.echo(f"{webhook.id}\t{'valid' if webhook.is_valid else 'invalid'}\t{webhook.url}")


def _account(account_id: int) -> ChannelAccount:
    """Raises NotFound."""
    return messaging_queries.find_channel_account(account_id)


def _pair(words: str) -> tuple[str, str]:
    name, equals, value = words.partition("=")
    if not equals:
        # What was given may be the secret itself: it is not repeated.
        raise click.BadParameter("one of them is not of the form NAME=VALUE", param_hint="--credential")
    return name, value
