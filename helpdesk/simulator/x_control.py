"""The simulator's own controls, JSON over loopback: what tests, the demo and the crowd make customers do.

Every call is POST /_control/<verb> with a JSON object and answers 200 with one, or 400 with {"error": str}.
GET /_control/state tells what there is; GET /_control/messages?after=<id> what was written since;
GET /_control/record?after=<n>&what=<kind> the entries of x_record.py.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from helpdesk.simulator.x_dice import Dice, rates_of
from helpdesk.simulator.x_platform import ECHOES, CheckFailed, XPlatform
from helpdesk.simulator.x_world import DirectMessage

Json = dict[str, Any]


class BadControl(Exception):
    """The call cannot be understood."""


class XControl:
    def __init__(self, platform: XPlatform) -> None:
        self.platform = platform
        self.verbs: Mapping[str, Callable[[Json], Json]] = {
            "write": self.write,
            "write-encrypted": self.write_encrypted,
            "write-in-app": self.write_in_app,
            "read": self.read,
            "type": self.type,
            "refuse": self.refuse,
            "fail": self.fail,
            "hold": lambda _: _done(platform.hold_deliveries),
            "release": self.release,
            "connect": self.connect,
            "check": lambda _: {"valid": platform.check_webhooks()},
            "revoke": lambda _: _done(platform.revoke_access),
            "unknown-event": lambda _: _done(platform.tell_unknown_event),
            "deliver": self.deliver,
            "settings": self.settings,
            "wait": self.wait,
            "faults": self.faults,
            "outage": self.outage,
        }

    def answer(self, request: Request) -> Response:
        what = request.path.removeprefix("/_control/")
        try:
            return _json(200, self._told(request, what))
        except CheckFailed as error:
            return _json(400, {"error": f"{error} did not answer the check"})
        except (BadControl, KeyError, ValueError, TypeError) as error:
            return _json(400, {"error": f"{type(error).__name__}: {error}"})

    def _told(self, request: Request, what: str) -> Json:
        if request.method == "GET" and what == "state":
            return self.state()
        if request.method == "GET" and what == "messages":
            return self.messages(after=request.args.get("after", "0"), username=request.args.get("with", ""))
        if request.method == "GET" and what == "record":
            after = int(request.args.get("after", "0"))
            return {"entries": self.platform.record.entries(after=after, what=request.args.get("what", ""))}
        fields = request.get_json(force=True, silent=True) if request.data else {}
        if request.method != "POST" or what not in self.verbs or not isinstance(fields, dict):
            raise BadControl(f"{request.method} {request.path}")
        return self.verbs[what](fields)

    def state(self) -> Json:
        platform = self.platform
        return {
            "brand": {"id": platform.brand.id, "username": platform.brand.username, "name": platform.brand.name},
            "webhooks": [
                {"id": webhook.id, "url": webhook.url, "valid": webhook.is_valid}
                for webhook in platform.webhooks.values()
            ],
            "deliveries": [
                {"statuses": [attempt.status for attempt in delivery.attempts], "signature": delivery.signature}
                for delivery in platform.deliveries[-100:]
            ],
            "sent": [self._message(message) for message in platform.sent_messages],
        }

    def messages(self, *, after: str, username: str) -> Json:
        between = self.platform.customer(username).id if username else ""
        found = self.platform.world.messages(after=after, between=between)
        return {"messages": [self._message(message) for message in found]}

    def write(self, fields: Json) -> Json:
        """{"from": username, "text"?, "name"?, "photo_base64"?, "mime"?, "at"? ISO, "copies"?, "signature"?}"""
        self.platform.customer(fields["from"], fields.get("name", ""))
        message = self.platform.customer_writes(
            fields["from"],
            fields.get("text", ""),
            photo=_bytes(fields["photo_base64"]) if "photo_base64" in fields else None,
            mime=fields.get("mime", "image/jpeg"),
            at=datetime.fromisoformat(fields["at"]) if "at" in fields else None,
            copies=int(fields.get("copies", 1)),
            signature=fields.get("signature", "right"),
        )
        return self._message(message)

    def write_encrypted(self, fields: Json) -> Json:
        return self._message(self.platform.customer_writes_encrypted(fields["from"]))

    def write_in_app(self, fields: Json) -> Json:
        """The brand, from the network's own app: {"to": username, "text"}"""
        return self._message(self.platform.brand_writes_in_app(fields["to"], fields["text"]))

    def read(self, fields: Json) -> Json:
        """{"from": username, "up_to"?: message id}"""
        return {"up_to": self.platform.mark_read(fields["from"], fields.get("up_to", ""))}

    def type(self, fields: Json) -> Json:
        self.platform.start_typing(fields["from"])
        return {}

    def refuse(self, fields: Json) -> Json:
        """{"from": username, "refuses": bool}: whether this customer takes no messages"""
        self.platform.refuse_messages(fields["from"], refuses=bool(fields.get("refuses", True)))
        return {}

    def fail(self, fields: Json) -> Json:
        """{"fault": "349" | "usage-capped" | "recipient" | "hang" | …, "times"?, "on"?: send, upload, download}"""
        self.platform.fail_next(fields["fault"], int(fields.get("times", 1)), on=fields.get("on", "send"))
        return {}

    def release(self, fields: Json) -> Json:
        """{"reversed"?: bool, "together"?: bool}"""
        self.platform.release_deliveries(
            is_reversed=bool(fields.get("reversed")), together=bool(fields.get("together"))
        )
        return {}

    def connect(self, fields: Json) -> Json:
        """{"url", "envelope"?: "xaa" | "aaa"}; an address that is connected already is only checked again"""
        known = [webhook for webhook in self.platform.webhooks.values() if webhook.url == fields["url"]]
        if known:
            return {"id": known[0].id, "valid": self.platform.deliverer.check(known[0])}
        webhook = self.platform.connect_webhook(fields["url"], envelope=fields.get("envelope", "xaa"))
        return {"id": webhook.id, "valid": webhook.is_valid}

    def deliver(self, fields: Json) -> Json:
        """Any body: {"body": str, "copies"?, "signature"?: "right" | "wrong" | "missing"}"""
        self.platform.deliver_bytes(
            fields["body"].encode(),
            copies=int(fields.get("copies", 1)),
            signature=fields.get("signature", "right"),
        )
        return {}

    def settings(self, fields: Json) -> Json:
        """{"echo"?, "send_limit"?, "send_window_seconds"?, "hang_seconds"?, "access_token"?}"""
        platform = self.platform
        if "echo" in fields:
            platform.echo = ECHOES[ECHOES.index(fields["echo"])]
        if "hang_seconds" in fields:
            platform.hang = timedelta(seconds=float(fields["hang_seconds"]))
        if "access_token" in fields:
            platform.access_token = str(fields["access_token"])
        if "send_limit" in fields or "send_window_seconds" in fields:
            platform.limit.change(
                limit=int(fields.get("send_limit", platform.limit.limit)),
                window=timedelta(
                    seconds=float(fields.get("send_window_seconds", platform.limit.window.total_seconds()))
                ),
            )
        return {
            "echo": platform.echo,
            "send_limit": platform.limit.limit,
            "send_window_seconds": platform.limit.window.total_seconds(),
            "hang_seconds": platform.hang.total_seconds(),
        }

    def wait(self, fields: Json) -> Json:
        """{"seconds"?}: until all webhook calls are made"""
        return {"quiet": self.platform.wait_until_quiet(float(fields.get("seconds", 10)))}

    def faults(self, fields: Json) -> Json:
        """{"faults": "NAME[:RATE],…", "seed"?}: what the dice bring from now on; "" for nothing"""
        dice = Dice(rates_of(fields["faults"]), int(fields.get("seed", 0)))
        self.platform.mischief.dice = dice
        return {"rates": dice.rates}

    def outage(self, fields: Json) -> Json:
        """{"hours"?}: X is away, in its own time"""
        self.platform.mischief.begin_outage(timedelta(hours=float(fields.get("hours", 24))))
        return {"seconds": self.platform.mischief.time_away().total_seconds()}

    def _message(self, message: DirectMessage) -> Json:
        world = self.platform.world
        sender, recipient = world.user(message.sender_id), world.user(message.recipient_id)
        customer = recipient if message.sender_id == self.platform.brand.id else sender
        return {
            "id": message.id,
            "customer": customer.username if customer else "",
            "is_from_brand": message.sender_id == self.platform.brand.id,
            "text": message.text,
            "at": message.created_at.isoformat(),
            "mime": message.medium.mime if message.medium else "",
            "is_read": bool(customer) and int(message.id) <= int(world.read_up_to(customer.id if customer else "")),
        }


def _done(verb: Callable[[], object]) -> Json:
    verb()
    return {}


def _bytes(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error as error:
        raise BadControl(f"photo_base64: {error}") from error


def _json(status: int, body: Json) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
