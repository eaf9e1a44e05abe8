"""A channel account's adapter, made from its row; and the accounts themselves."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from config import Settings
from helpdesk import bells
from helpdesk.channels import registry
from helpdesk.channels.port import Accepted, Channel, Connection, OutboundMessage
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.messaging import history
from helpdesk.messaging.credentials import seal, unseal
from helpdesk.messaging.models import ChannelAccount, Health, Identity
from helpdesk.orm import db
from helpdesk.people.models import Agent, Brand, Team


def open_account(account: ChannelAccount, settings: Settings) -> Channel:
    """The adapter of one channel account, with its credentials."""
    return registry.open_channel(account.network, connection_of(account, settings))


def connection_of(account: ChannelAccount, settings: Settings) -> Connection:
    return Connection(
        external_id=account.external_id,
        credentials=unseal(account.credentials, settings.secret_key),
        api_url=settings.x_api_url if account.network == "x" else "",
        media_hosts=settings.x_media_hosts if account.network == "x" else (),
        allow_private_addresses=settings.allow_private_addresses,
        sink=_accept_here,
    )


def _accept_here(message: OutboundMessage) -> Accepted:
    """The native network has no wire: a message is delivered by being released, which recording does."""
    return Accepted(external_id=message.client_key, conversation_key=message.conversation_key, is_delivered=True)


def add_channel_account(
    brand: Brand,
    *,
    network: str,
    external_id: str,
    handle: str,
    team: Team,
    credentials: Mapping[str, str],
    secret_key: str,
) -> ChannelAccount:
    """Connect a brand to a network. Raises InvalidInput for a missing credential, Conflict when it is connected."""
    for field in registry.credential_fields(network):
        if field.is_required and not credentials.get(field.name):
            raise InvalidInput(f"{network} needs {field.name} ({field.label})", field=field.name)
    if team.brand_id != brand.id:
        raise InvalidInput(f"the team {team.name!r} answers for another brand", field="team")
    identity_id = db.session.scalars(
        insert(Identity)
        .values(network=network, external_id=external_id, display_name=brand.name, handle=handle)
        .on_conflict_do_nothing()
        .returning(Identity.id)
    ).one_or_none()
    if identity_id is None:
        raise Conflict(f"{network} account {external_id} is connected already")
    account = ChannelAccount(
        brand_id=brand.id,
        team_id=team.id,
        identity_id=identity_id,
        network=network,
        external_id=external_id,
        handle=handle,
        credentials=seal(credentials, secret_key),
        health=Health.OK,
    )
    db.session.add(account)
    db.session.flush()
    return account


def change_credentials(account: ChannelAccount, credentials: Mapping[str, str], *, secret_key: str) -> None:
    """Put new credentials in place of the old; one that is not given, or empty, stays as it was."""
    fields = {field.name for field in registry.credential_fields(account.network)}
    given = {name: value for name, value in credentials.items() if name in fields and value}
    # What an adapter noted of the old ones itself, such as when they end, says nothing of the new.
    kept = {name: value for name, value in unseal(account.credentials, secret_key).items() if name in fields}
    account.credentials = seal(kept | given, secret_key)


def pause(account: ChannelAccount, *, by: Agent, at: datetime) -> None:
    """Send and ask nothing until somebody resumes it; what customers write is still taken in."""
    account.paused_at, account.paused_by_id = at, by.id


def resume(account: ChannelAccount, *, at: datetime) -> None:
    """Paused no more, or connected again: its health is as new, what waited goes on, and what was missed is read."""
    account.health, account.health_reason, account.resumed_at = Health.OK, "", at
    account.paused_at = account.paused_by_id = None
    if account.network in history.networks():
        history.ask_for(account.id)
    bells.ring_after_commit(bells.INGEST, account.id)
    bells.ring_after_commit(bells.DELIVER, account.id)


def add_native_account(brand: Brand, *, team: Team, secret_key: str) -> ChannelAccount:
    """The brand's own account on the native network, which needs no credentials."""
    return add_channel_account(
        brand,
        network="native",
        external_id=f"brand:{brand.id}",
        handle=brand.handle,
        team=team,
        credentials={},
        secret_key=secret_key,
    )
