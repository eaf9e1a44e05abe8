"""What networks call. The signature is checked over the raw bytes, the call is stored, and only then answered."""

from typing import cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from config import Settings
from helpdesk import clock
from helpdesk.channels.port import BadSignature, UnreadablePayload, WebhookRequest
from helpdesk.extensions import csrf, limiter
from helpdesk.messaging.inbound import RawCall
from helpdesk.views.access import Audience, open_to
from helpdesk.views.webhooks.doors import Doors
from helpdesk.views.webhooks.letterbox import Letterbox
from helpdesk.views.webhooks.refusals import Refusals

blueprint = Blueprint("webhooks", __name__)
csrf.exempt(blueprint)
limiter.exempt(blueprint)

# Of a call's headers only these are kept: nothing in them is a secret.
_KEPT_HEADERS = ("content-type", "user-agent", "x-twitter-webhooks-signature")


@blueprint.record_once
def _hang_up(state: BlueprintSetupState) -> None:
    """What a process keeps between calls, for each application its own."""
    state.app.extensions["webhook_doors"] = Doors(state.app.config["SETTINGS"])
    state.app.extensions["webhook_letterbox"] = Letterbox()
    state.app.extensions["webhook_refusals"] = refusals = Refusals(cast(Flask, state.app))
    state.app.extensions["before_exit"] += (refusals.write,)


@blueprint.get("/webhooks/<network>/<int:account_id>")
@open_to(Audience.NETWORKS)
def answer_handshake(network: str, account_id: int) -> ResponseReturnValue:
    try:
        handshake = _doors().find(network, account_id).channel.handshake(_call(b""))
    except BadSignature:
        return "", 403
    except UnreadablePayload:
        return "", 400
    return Response(handshake.body, content_type=handshake.content_type)


@blueprint.post("/webhooks/<network>/<int:account_id>")
@open_to(Audience.NETWORKS)
def receive(network: str, account_id: int) -> ResponseReturnValue:
    call = _call(_body())
    try:
        door = _doors().verified(network, account_id, call)
    except BadSignature:
        _refusals().count(account_id, at=clock.now())
        return "", 403
    kept = {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers}
    _letterbox().post(RawCall(account_id=door.account_id, body=call.body, headers=kept, received_at=clock.now()))
    return "", 200


def _doors() -> Doors:
    return cast(Doors, current_app.extensions["webhook_doors"])


def _letterbox() -> Letterbox:
    return cast(Letterbox, current_app.extensions["webhook_letterbox"])


def _refusals() -> Refusals:
    return cast(Refusals, current_app.extensions["webhook_refusals"])


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
