"""What the made-up X has subscribed, listed and taken away."""

from typing import TYPE_CHECKING

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpdesk.simulator.x_answers import Refused, bearer_of, json_answer
from helpdesk.simulator.x_faults import problem, unauthorized
from helpdesk.simulator.x_webhooks import Subscription

if TYPE_CHECKING:
    from helpdesk.simulator.x_platform import XPlatform


class SubscriptionsApi:
    routes = Map(
        [
            Rule("/2/activity/subscriptions", endpoint="list_subscriptions", methods=["GET"]),
            Rule("/2/activity/subscriptions/<subscription_id>", endpoint="delete_subscription", methods=["DELETE"]),
        ]
    )

    def __init__(self, platform: "XPlatform") -> None:
        self.platform = platform

    def list_subscriptions(self, request: Request) -> Response:
        self._needs_app(request)
        found = [self._described(kept) for kept in self._activity()]
        return json_answer(200, {"data": found, "meta": {"total_subscriptions": len(found)}})

    def delete_subscription(self, request: Request, subscription_id: str) -> Response:
        self._needs_app(request)
        if subscription_id not in [kept.id for kept in self._activity()]:
            raise Refused(problem(404, "resource-not-found"))
        self.platform.subscriptions = [kept for kept in self.platform.subscriptions if kept.id != subscription_id]
        return json_answer(200, {"data": {"deleted": True}})

    def _activity(self) -> list[Subscription]:
        return [kept for kept in self.platform.subscriptions if kept.envelope == "xaa"]

    def _described(self, subscription: Subscription) -> dict[str, object]:
        return {
            "subscription_id": subscription.id,
            "event_type": next(iter(subscription.event_types)),
            "filter": {"user_id": self.platform.brand.id},
            "webhook_id": subscription.webhook_id,
        }

    def _needs_app(self, request: Request) -> None:
        if bearer_of(request) != self.platform.app_token:
            raise Refused(unauthorized())
