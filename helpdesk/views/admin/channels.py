"""Channels: which network accounts a brand answers from, how they are, and their credentials, which are never shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk import clock
from helpdesk.channels import registry
from helpdesk.errors import Conflict, InvalidInput, NotFound
from helpdesk.messaging import connecting, delivery_queries, history_queries, registering
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import ChannelAccount, Health
from helpdesk.people import staff_queries
from helpdesk.people.models import Team
from helpdesk.people.queries import teams_of_brands
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, numbers, typed, words_beside
from helpdesk.views.admin.frame import page

NETWORK_NAMES = {"native": "Native", "x": "X"}

HEALTH_WORDS: dict[str, str] = {
    Health.OK: "All is well",
    Health.AUTH_LOST: "Access lost: connect it again",
    Health.RESTRICTED: "Restricted by the network",
    Health.MISCONFIGURED: "Something in its settings is wrong",
    Health.BILLING: "The network asks to be paid",
}


@dataclass(frozen=True, kw_only=True)
class ShownChannel:
    id: int
    network: str
    network_name: str
    handle: str
    external_id: str
    brand_name: str
    is_well: bool
    health_words: str
    health_reason: str
    waiting: int
    """Raw events that came and are not taken in yet."""
    unsettled: Mapping[str, int]
    account: ChannelAccount


@blueprint.get("/channels")
@open_to(Audience.ADMINS)
def list_channels() -> ResponseReturnValue:
    names = _brand_names()
    accounts = [_shown(account, names) for account in messaging_queries.channel_accounts()]
    networks = [(network, NETWORK_NAMES.get(network, network)) for network in registry.networks()]
    return page("channels.html", "channels", channels=accounts, networks=networks)


@blueprint.get("/channels/new/<network>")
@open_to(Audience.ADMINS)
def new_channel(network: str) -> ResponseReturnValue:
    return _new_page(_known(network), {}, {})


@blueprint.post("/channels/new/<network>")
@open_to(Audience.ADMINS)
def create_channel(network: str) -> ResponseReturnValue:
    _known(network)
    try:
        with transaction():
            account = _connect(network)
    except (InvalidInput, Conflict) as error:
        return _new_page(
            network, given("team", "account_id", "handle"), words_beside(error, otherwise="account_id"), 422
        )
    flash(f"{NETWORK_NAMES.get(network, network)} is connected.")
    return redirect(url_for("admin.show_channel", account_id=account.id))


@blueprint.get("/channels/<int:account_id>")
@open_to(Audience.ADMINS)
def show_channel(account_id: int) -> ResponseReturnValue:
    return _channel_page(_found(account_id))


@blueprint.post("/channels/<int:account_id>/credentials")
@open_to(Audience.ADMINS)
def change_credentials(account_id: int) -> ResponseReturnValue:
    account = _found(account_id)
    with transaction():
        connecting.change_credentials(account, _credentials(account.network), secret_key=_settings().secret_key)
    flash("The new credentials are kept. Resume the channel when the network takes them.")
    return redirect(url_for("admin.show_channel", account_id=account.id))


@blueprint.post("/channels/<int:account_id>/resume")
@open_to(Audience.ADMINS)
def resume_channel(account_id: int) -> ResponseReturnValue:
    account = _found(account_id)
    with transaction():
        connecting.resume(account, at=clock.now())
    flash("The channel works again; what waited goes on.")
    return redirect(url_for("admin.show_channel", account_id=account.id))


@blueprint.post("/channels/<int:account_id>/webhook")
@open_to(Audience.ADMINS)
def connect_webhook(account_id: int) -> ResponseReturnValue:
    try:
        registering.connect(_found(account_id), _settings())
    except InvalidInput as error:
        return _channel_page(_found(account_id), str(error), 422)
    flash("The network calls us now. What it knows of the last days is being read.")
    return redirect(url_for("admin.show_channel", account_id=account_id))


@blueprint.post("/channels/<int:account_id>/webhook/delete")
@open_to(Audience.ADMINS)
def disconnect_webhook(account_id: int) -> ResponseReturnValue:
    try:
        registering.disconnect(_found(account_id), _settings())
    except InvalidInput as error:
        return _channel_page(_found(account_id), str(error), 422)
    flash("The network no longer calls us.")
    return redirect(url_for("admin.show_channel", account_id=account_id))


def _connect(network: str) -> ChannelAccount:
    """Raises InvalidInput or Conflict."""
    team = _chosen_team()
    brand = staff_queries.find_brand(team.brand_id, current_standing())
    if network == "native":
        return connecting.add_native_account(brand, team=team, secret_key=_settings().secret_key)
    if not typed("account_id").strip():
        raise InvalidInput("Write the brand's own id on the network.", field="account_id")
    return connecting.add_channel_account(
        brand,
        network=network,
        external_id=typed("account_id").strip()[:100],
        handle=typed("handle").strip().removeprefix("@")[:100] or brand.handle,
        team=team,
        credentials=_credentials(network),
        secret_key=_settings().secret_key,
    )


def _chosen_team() -> Team:
    chosen = set(numbers("team"))
    found = [team for team in _teams() if team.id in chosen]
    if not found:
        raise InvalidInput("Choose whose its unassigned tickets are.", field="team")
    return found[0]


def _teams() -> list[Team]:
    return list(teams_of_brands([brand.id for brand in staff_queries.brands_managed_by(current_standing())]))


def _credentials(network: str) -> dict[str, str]:
    given_now = {field.name: typed(field.name).strip() for field in registry.credential_fields(network)}
    return {name: value for name, value in given_now.items() if value}


def _known(network: str) -> str:
    if network not in registry.networks():
        raise NotFound("no such network")
    return network


def _found(account_id: int) -> ChannelAccount:
    found = [account for account in messaging_queries.channel_accounts() if account.id == account_id]
    if not found:
        raise NotFound("no such channel account")
    return found[0]


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _brand_names() -> dict[int, str]:
    return {brand.id: brand.name for brand in staff_queries.brands_managed_by(current_standing())}


def _shown(account: ChannelAccount, brand_names: Mapping[int, str]) -> ShownChannel:
    return ShownChannel(
        id=account.id,
        network=account.network,
        network_name=NETWORK_NAMES.get(account.network, account.network),
        handle=account.handle,
        external_id=account.external_id,
        brand_name=brand_names[account.brand_id],
        is_well=account.health == Health.OK,
        health_words=HEALTH_WORDS.get(account.health, account.health),
        health_reason=account.health_reason,
        waiting=messaging_queries.backlog(account.id)[0],
        unsettled=delivery_queries.count_unsettled(account.id),
        account=account,
    )


def _new_page(
    network: str, said: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    names = _brand_names()
    return page(
        "new_channel.html",
        "channels",
        status,
        network=network,
        network_name=NETWORK_NAMES.get(network, network),
        fields=registry.credential_fields(network),
        teams=[(team.id, f"{names[team.brand_id]}: {team.name}") for team in _teams()],
        given=said,
        errors=errors,
    )


def _channel_page(account: ChannelAccount, webhook_error: str = "", status: int = 200) -> ResponseReturnValue:
    return page(
        "channel.html",
        "channels",
        status,
        channel=_shown(account, _brand_names()),
        fields=registry.credential_fields(account.network),
        webhook_url=registering.address_of(account, _settings()),
        webhook_error=webhook_error,
        link=history_queries.link(account.id),
    )
