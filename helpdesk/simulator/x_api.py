"""X's documented endpoints, as far as a helpdesk for DMs calls them."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpdesk.simulator.x_answers import Endpoints, Refused
from helpdesk.simulator.x_control import XControl
from helpdesk.simulator.x_faults import Fault, fault_named, problem, unauthorized
from helpdesk.simulator.x_platform import CheckFailed, XPlatform
from helpdesk.simulator.x_uploads import PROCESSED, Upload, UploadRefused
from helpdesk.simulator.x_webhooks import Subscription, Webhook
from helpdesk.simulator.x_world import DirectMessage, Medium, User

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TEXT_MAX = 10_000
URL_MAX = 200

ROUTES = Map(
    [
        Rule("/2/users/me", endpoint="me", methods=["GET"]),
        Rule("/2/webhooks", endpoint="list_webhooks", methods=["GET"]),
        Rule("/2/webhooks", endpoint="create_webhook", methods=["POST"]),
        Rule("/2/webhooks/<webhook_id>", endpoint="check_webhook", methods=["PUT"]),
        Rule("/2/webhooks/<webhook_id>", endpoint="delete_webhook", methods=["DELETE"]),
        Rule("/2/activity/subscriptions", endpoint="create_subscription", methods=["POST"]),
        Rule(
            "/2/account_activity/webhooks/<webhook_id>/subscriptions/all",
            endpoint="subscribe_account",
            methods=["POST"],
        ),
        Rule("/2/dm_conversations/with/<participant_id>/messages", endpoint="send", methods=["POST"]),
        Rule("/2/dm_conversations/<group_id>/messages", endpoint="send_to_group", methods=["POST"]),
        Rule("/2/dm_conversations/media/<message_id>/<media_id>/<file_name>", endpoint="download", methods=["GET"]),
        Rule("/1.1/ton/data/dm/<message_id>/<media_id>/<file_name>", endpoint="legacy_download", methods=["GET"]),
        Rule("/dm_video/<media_id>/<file_name>", endpoint="download_video", methods=["GET"]),
        Rule("/2/media/upload/initialize", endpoint="initialize_upload", methods=["POST"]),
        Rule("/2/media/upload/<upload_id>/append", endpoint="append_upload", methods=["POST"]),
        Rule("/2/media/upload/<upload_id>/finalize", endpoint="finalize_upload", methods=["POST"]),
        Rule("/2/media/upload", endpoint="upload_state", methods=["GET"]),
        Rule("/2/media/upload", endpoint="upload_by_command", methods=["POST"]),
    ]
)


class XApi:
    """A WSGI application: the documented endpoints, and the controls of the simulator under /_control/."""

    def __init__(self, platform: XPlatform) -> None:
        self.platform = platform
        self.control = XControl(platform)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with Request(environ) as request:
            return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/_control/"):
            return self.control.answer(request)
        if self.platform.mischief.time_away():
            return _written(fault_named(130))
        self.platform.oauth.end_what_is_over()
        try:
            holder, endpoint, values = self._found(request)
            view: Callable[..., Response] = getattr(holder, endpoint)
            return view(request, **values)
        except Refused as refused:
            return _written(refused.fault, refused.headers)
        except UploadRefused as refused:
            return _written(problem(400, "invalid-request", str(refused)))
        except HTTPException as error:
            return _written(problem(error.code or 404, "resource-not-found"))

    def _found(self, request: Request) -> tuple[object, str, Mapping[str, Any]]:
        """What answers: an endpoint of this file, or of the others. Raises NotFound or MethodNotAllowed."""
        for holder in self._others():
            try:
                return holder, *holder.routes.bind_to_environ(request.environ).match()
            except HTTPException:
                continue
        return self, *ROUTES.bind_to_environ(request.environ).match()

    def _others(self) -> tuple[Endpoints, ...]:
        return self.platform.events, self.platform.oauth, self.platform.subscribing

    def me(self, request: Request) -> Response:
        self._needs_user(request)
        return _json(200, {"data": _user(self.platform.brand)})

    def list_webhooks(self, request: Request) -> Response:
        self._needs_app(request)
        webhooks = [_webhook(webhook) for webhook in self.platform.webhooks.values()]
        return _json(200, {"data": webhooks, "meta": {"result_count": len(webhooks)}})

    def create_webhook(self, request: Request) -> Response:
        self._needs_app(request)
        url = _fields(request).get("url")
        if not isinstance(url, str) or not re.match(r"https?://", url) or len(url) > URL_MAX:
            raise Refused(problem(400, "invalid-request", "UrlValidationFailed"))
        if len(self.platform.webhooks) >= self.platform.webhook_limit:
            raise Refused(problem(400, "invalid-request", "WebhookLimitExceeded"))
        if any(webhook.url == url for webhook in self.platform.webhooks.values()):
            raise Refused(problem(400, "invalid-request", "DuplicateUrlFailed"))
        try:
            webhook = self.platform.register_webhook(url)
        except CheckFailed:
            raise Refused(problem(400, "invalid-request", "CrcValidationFailed")) from None
        return _json(200, {"data": _webhook(webhook)})

    def check_webhook(self, request: Request, webhook_id: str) -> Response:
        self._needs_app(request)
        return _json(200, {"data": {"valid": self.platform.deliverer.check(self._webhook(webhook_id))}})

    def delete_webhook(self, request: Request, webhook_id: str) -> Response:
        self._needs_app(request)
        return _json(200, {"data": {"deleted": self.platform.forget_webhook(webhook_id)}})

    def create_subscription(self, request: Request) -> Response:
        self._needs_user(request)
        if not self.platform.has_activity:
            raise Refused(problem(403, "client-forbidden"))
        asked = _fields(request)
        event_type = asked.get("event_type")
        if not isinstance(event_type, str) or asked.get("filter") != {"user_id": self.platform.brand.id}:
            raise Refused(problem(400, "invalid-request"))
        webhook = self._webhook(str(asked.get("webhook_id", "")))
        event_types = frozenset({event_type})
        if any(kept.webhook_id == webhook.id and kept.wants(event_type) for kept in self.platform.subscriptions):
            raise Refused(fault_named(355))
        subscription = self.platform.subscribe(webhook.id, envelope="xaa", event_types=event_types)
        return _json(200, {"data": {"subscription": _subscription(subscription, event_type, self.platform.brand)}})

    def subscribe_account(self, request: Request, webhook_id: str) -> Response:
        self._needs_user(request)
        self.platform.subscribe(self._webhook(webhook_id).id, envelope="aaa", event_types=frozenset())
        return _json(200, {"data": {"subscribed": True}})

    def send(self, request: Request, participant_id: str) -> Response:
        self.platform.mischief.befall_send()
        self._needs_user(request)
        fault = self.platform.faults.take("send") or self.platform.mischief.answer_to_send()
        allowance = self.platform.limit.count()
        try:
            if allowance.is_over:
                raise Refused(fault_named(88))
            if fault is not None and not fault.is_taken:
                raise Refused(fault)
            message = self._take_message(_fields(request), participant_id)
        except Refused as refused:
            return _written(refused.fault, allowance.headers(), self._hang_up(request, refused.fault))
        if fault is not None:
            return _written(fault, allowance.headers(), self._hang_up(request, fault))
        told = {"dm_conversation_id": _conversation_id(message), "dm_event_id": message.id}
        return _json(201, {"data": told}, allowance.headers())

    def send_to_group(self, request: Request, group_id: str) -> Response:
        self._needs_user(request)
        allowance = self.platform.limit.count()
        if allowance.is_over:
            return _written(fault_named(88), allowance.headers())
        text, medium = self._contents(_fields(request))
        if not self.platform.groups.has(group_id, self.platform.brand.id):
            return _written(problem(404, "resource-not-found"), allowance.headers())
        sent = self.platform.groups.write(group_id, self.platform.brand.id, text, medium)
        return _json(201, {"data": {"dm_conversation_id": group_id, "dm_event_id": sent.id}}, allowance.headers())

    def _take_message(self, asked: Mapping[str, Any], participant_id: str) -> DirectMessage:
        recipient = self.platform.world.user(participant_id)
        if recipient is None or recipient.id == self.platform.brand.id:
            raise Refused(problem(404, "resource-not-found", "Could not find user."))
        text, medium = self._contents(asked)
        if self.platform.world.is_closed_to_us(recipient.id):
            raise Refused(fault_named(349))
        message = self.platform.brand_sends(recipient, text, medium)
        if self.platform.echo != "none":
            comes_first = self.platform.echo == "before" or self.platform.mischief.echo_comes_first()
            self.platform.tell_of_send(message, at_once=comes_first)
        return message

    def _contents(self, asked: Mapping[str, Any]) -> tuple[str, Medium | None]:
        text, attachments = asked.get("text", ""), asked.get("attachments", [])
        if set(asked) - {"text", "attachments"} or not isinstance(text, str) or not isinstance(attachments, list):
            raise Refused(problem(400, "invalid-request"))
        if ("text" in asked and not text) or (not text and not attachments) or len(attachments) > 1:
            raise Refused(problem(400, "invalid-request"))
        if len(text) > TEXT_MAX:
            raise Refused(fault_named(354))
        if not attachments:
            return text, None
        medium = self.platform.uploads.ready_medium(str(attachments[0].get("media_id", "")))
        if medium is None:
            raise Refused(fault_named(325))
        return text, medium

    def _hang_up(self, request: Request, fault: Fault) -> bool:
        """Close the connection without an answer where the fault says so; whether it was."""
        if fault.answers:
            return False
        if fault.hangs:
            self.platform.stopping.wait(self.platform.hang.total_seconds())
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return True

    def initialize_upload(self, request: Request) -> Response:
        self._needs_user(request, "upload")
        asked = _fields(request)
        upload = self.platform.uploads.initialize(
            mime=str(asked.get("media_type", "")),
            category=str(asked.get("media_category", "")),
            total_bytes=_number(asked.get("total_bytes")),
        )
        return _json(200, {"data": self._described(upload)})

    def append_upload(self, request: Request, upload_id: str) -> Response:
        self._needs_user(request, "upload")
        self.platform.uploads.append(upload_id, _number(request.form.get("segment_index")), _sent_file(request))
        return _json(200, {"data": {"expires_at": 0}})

    def finalize_upload(self, request: Request, upload_id: str) -> Response:
        self._needs_user(request, "upload")
        return _json(200, {"data": self._described(self.platform.uploads.finalize(upload_id))})

    def upload_state(self, request: Request) -> Response:
        self._needs_user(request, "upload")
        if request.args.get("command") != "STATUS":
            raise Refused(problem(400, "invalid-request"))
        upload = self.platform.uploads.ask(request.args.get("media_id", ""))
        return _json(200, {"data": self._described(upload)})

    def upload_by_command(self, request: Request) -> Response:
        """The older form of the same steps, and the single call that does them all."""
        self._needs_user(request, "upload")
        uploads, form = self.platform.uploads, request.form
        media_id = form.get("media_id", "")
        match form.get("command"):
            case "INIT":
                upload = uploads.initialize(
                    mime=form.get("media_type", ""),
                    category=form.get("media_category", ""),
                    total_bytes=_number(form.get("total_bytes")),
                )
            case "APPEND":
                uploads.append(media_id, _number(form.get("segment_index")), _sent_file(request))
                return Response(status=204)
            case "FINALIZE":
                upload = uploads.finalize(media_id)
            case _:
                upload = self._upload_at_once(request)
        return _json(200, {"data": self._described(upload)})

    def _upload_at_once(self, request: Request) -> Upload:
        content = _sent_file(request)
        category = request.form.get("media_category", "")
        mime = request.form.get("media_type") or request.files["media"].mimetype
        upload = self.platform.uploads.initialize(mime=mime, category=category, total_bytes=len(content))
        self.platform.uploads.append(upload.id, 0, content)
        return self.platform.uploads.finalize(upload.id)

    def _described(self, upload: Upload) -> dict[str, object]:
        described: dict[str, object] = {"id": upload.id, "media_key": f"3_{upload.id}", "expires_after_secs": 86400}
        if upload.is_finalized and upload.category in PROCESSED:
            check_after = self.platform.processing.total_seconds()
            described["processing_info"] = {"state": upload.state, "check_after_secs": check_after}
        return described

    def download(self, request: Request, message_id: str, media_id: str, file_name: str) -> Response:
        self._needs_user(request, "download")
        message = self.platform.world.message(message_id)
        medium = message.medium if message else None
        if medium is None or (medium.id, medium.file_name) != (media_id, file_name):
            raise Refused(problem(404, "resource-not-found"))
        return Response(medium.content, content_type=medium.mime)

    def legacy_download(self, _: Request, **__: str) -> Response:
        """Signed with OAuth 1.0a or not at all: a bearer token is refused here."""
        raise Refused(unauthorized())

    def download_video(self, request: Request, media_id: str, file_name: str) -> Response:
        self._needs_user(request, "download")
        media = [message.medium for message in self.platform.world.messages() if message.medium]
        found = next((medium for medium in media if (medium.id, medium.file_name) == (media_id, file_name)), None)
        if found is None:
            raise Refused(problem(404, "resource-not-found"))
        return Response(found.content, content_type=found.mime)

    def _needs_user(self, request: Request, where: str = "") -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token == self.platform.app_token:
            raise Refused(problem(403, "unsupported-authentication", "Authenticating with app-only is forbidden here."))
        if not token or token != self.platform.access_token:
            raise Refused(unauthorized())
        fault = self.platform.faults.take("upload" if where == "upload" else "download") if where else None
        if fault is not None:
            self._hang_up(request, fault)
            raise Refused(fault)

    def _needs_app(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.platform.app_token}":
            raise Refused(unauthorized())

    def _webhook(self, webhook_id: str) -> Webhook:
        webhook = self.platform.webhooks.get(webhook_id)
        if webhook is None:
            raise Refused(problem(404, "resource-not-found", "WebhookIdInvalid"))
        return webhook


def _fields(request: Request) -> dict[str, Any]:
    fields = request.get_json(force=True, silent=True)
    if not isinstance(fields, dict):
        raise Refused(problem(400, "invalid-request"))
    return fields


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Refused(problem(400, "invalid-request")) from None


def _sent_file(request: Request) -> bytes:
    if "media" not in request.files:
        raise Refused(problem(400, "invalid-request"))
    return bytes(request.files["media"].read())


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json", headers=dict(headers or {}))


def _written(fault: Fault, headers: Mapping[str, str] | None = None, is_closed: bool = False) -> Response:
    """The answer of a fault; where the connection is closed nobody reads it."""
    if is_closed or fault.body is None:
        return Response("<html>Bad Gateway</html>", status=fault.status or 502, content_type="text/html")
    return _json(fault.status, fault.body, headers)


def _conversation_id(message: DirectMessage) -> str:
    return "-".join(sorted((message.sender_id, message.recipient_id), key=int))


def _user(user: User) -> dict[str, str]:
    return {"id": user.id, "username": user.username, "name": user.name}


def _webhook(webhook: Webhook) -> dict[str, object]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "valid": webhook.is_valid,
        "created_at": webhook.created_at.isoformat(),
    }


def _subscription(subscription: Subscription, event_type: str, account: User) -> dict[str, object]:
    return {
        "subscription_id": subscription.id,
        "event_type": event_type,
        "filter": {"user_id": account.id},
        "webhook_id": subscription.webhook_id,
    }
