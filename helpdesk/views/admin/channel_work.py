"""What an operator does with a channel that is connected: pause it, and ask its network whether it takes us."""

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk import clock
from helpdesk.channels.checking import ChannelWithCheck
from helpdesk.channels.port import Channel, SendFailed
from helpdesk.messaging import calling, connecting, outbound, queries
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.channels import NETWORK_NAMES


@blueprint.post("/channels/<int:account_id>/pause")
@open_to(Audience.ADMINS)
def pause_channel(account_id: int) -> ResponseReturnValue:
    with transaction():
        connecting.pause(queries.find_channel_account(account_id), by=current_agent(), at=clock.now())
    flash("Paused: nothing is sent. What customers write still comes in.")
    return redirect(url_for("admin.show_channel", account_id=account_id))


@blueprint.post("/channels/<int:account_id>/test")
@open_to(Audience.ADMINS)
def test_channel(account_id: int) -> ResponseReturnValue:
    """Nothing is held open while the network answers."""
    settings: Settings = current_app.config["SETTINGS"]
    with transaction():
        account = queries.find_channel_account(account_id)
        channel, network = connecting.open_account(account, settings), account.network
    name = NETWORK_NAMES.get(network, network)
    if not isinstance(channel, ChannelWithCheck):
        flash(f"{name} is part of this helpdesk: there is nothing to ask.")
        return redirect(url_for("admin.show_channel", account_id=account_id))
    try:
        calling.ask(account_id, settings, _check)
    except SendFailed as error:
        with transaction():
            outbound.note_health(queries.find_channel_account(account_id), error, at=clock.now())
        flash(f"{name} says no: {error.reason}", "bad")
    else:
        flash(f"{name} takes the credentials.")
    return redirect(url_for("admin.show_channel", account_id=account_id))


def _check(channel: Channel) -> None:
    assert isinstance(channel, ChannelWithCheck)
    channel.check_access()
