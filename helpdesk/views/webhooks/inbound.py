"""What networks call. The signature is checked over the raw bytes, the call is stored, and only then answered."""

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from config import Settings
from helpdesk import clock
from helpdesk.channels.port import BadSignature, Channel, UnreadablePayload, WebhookRequest
from helpdesk.extensions import csrf, limiter
from helpdesk.messaging import queries
from helpdesk.messaging.connecting import open_account
from helpdesk.messaging.inbound import count_refused, store_event
from helpdesk.messaging.models import ChannelAccount
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, open_to

blueprint = Blueprint("webhooks", __name__)
csrf.exempt(blueprint)
limiter.exempt(blueprint)

# Of a call's headers only these are kept: nothing in them is a secret.
_KEPT_HEADERS = ("content-type", "user-agent", "x-twitter-webhooks-signature")


@blueprint.get("/webhooks/<network>/<int:account_id>")
@open_to(Audience.NETWORKS)
def answer_handshake(network: str, account_id: int) -> ResponseReturnValue:
    _, channel = _find(network, account_id)
    try:
        handshake = channel.handshake(_call(b""))
    except BadSignature:
        return "", 403
    except UnreadablePayload:
        return "", 400
    return Response(handshake.body, content_type=handshake.content_type)


@blueprint.post("/webhooks/<network>/<int:account_id>")
@open_to(Audience.NETWORKS)
def receive(network: str, account_id: int) -> ResponseReturnValue:
    account, channel = _find(network, account_id)
    call = _call(_body())
    try:
        channel.verify(call)
    except BadSignature:
        with transaction():
            count_refused(account.id, at=clock.now())
        return "", 403
    kept = {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers}
    with transaction():
        store_event(account.id, call.body, kept, at=clock.now())
    return "", 200


def _find(network: str, account_id: int) -> tuple[ChannelAccount, Channel]:
    account = queries.channel_account(network, account_id)
    return account, open_account(account, current_app.config["SETTINGS"])


def _body() -> bytes:
    settings: Settings = current_app.config["SETTINGS"]
    request.max_content_length = settings.max_webhook_bytes
    if (request.content_length or 0) > settings.max_webhook_bytes:
        raise RequestEntityTooLarge
    return request.get_data(cache=False)


def _call(body: bytes) -> WebhookRequest:
    return WebhookRequest(
        method=request.method,
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
