"""What has become of a message of ours, in words for the agent: its state, why it failed, what to do."""

from dataclasses import dataclass
from datetime import datetime

from helpdesk.channels.port import FailureClass
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Health
from helpdesk.views.rendering import clock_time

NETWORK_NAMES = {"native": "Direct", "x": "X"}

_WHAT: dict[str, tuple[str, str]] = {
    FailureClass.TRANSIENT: ("The network could not be reached.", "Nothing arrived, so sending again is safe."),
    FailureClass.THROTTLED: ("The network takes no more for now.", "Nothing arrived, so sending again later is safe."),
    FailureClass.WINDOW_CLOSED: ("The time to answer is over on this network.", "Sending again will not help."),
    FailureClass.RECIPIENT: ("This customer cannot be written to.", "Sending again will not help."),
    FailureClass.CONTENT: ("The network does not take this message.", "Change it and send it anew."),
    FailureClass.AUTH: ("Our access has ended.", "An admin must connect the account again; then retry."),
    FailureClass.ACCOUNT: ("The network has restricted our account.", "Nothing arrived. Tell an admin."),
    FailureClass.CONFIG: ("The channel is not set up rightly.", "Nothing arrived. Tell an admin."),
    FailureClass.BILLING: ("The network asks for payment.", "Nothing arrived. Tell an admin."),
}
"""Failure class → (what it means, where the network gave no reason of its own; what to do)."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A message that waits for an agent's decision."""

    kind: str
    """bad: it did not arrive. warn: nobody knows."""
    title: str
    words: str
    retry_label: str
    is_passed: bool


def failure_of(delivery: Delivery, account: ChannelAccount) -> Failure | None:
    network = NETWORK_NAMES.get(account.network, account.network)
    if delivery.state == DeliveryState.FAILED:
        what, then = _WHAT.get(delivery.failure, ("", ""))
        return Failure(
            kind="bad",
            title="Not delivered",
            words=" ".join(filter(None, (_sentence(delivery.reason) or what, _tries(delivery), then))),
            retry_label="Retry",
            is_passed=delivery.is_passed,
        )
    if delivery.state == DeliveryState.UNKNOWN:
        return Failure(
            kind="warn",
            title="Arrived? Not known",
            words=f"It was sent, and no answer came from {network}. Look there first: sent again, it may arrive twice.",
            retry_label="Send again",
            is_passed=delivery.is_passed,
        )
    return None


def _sentence(reason: str) -> str:
    return reason if not reason or reason.endswith((".", "!", "?")) else f"{reason}."


def _tries(delivery: Delivery) -> str:
    return "" if delivery.attempts < 2 else f"Tried {delivery.attempts} times."


def state_words(
    delivery: Delivery, account: ChannelAccount, *, zone: str, at: datetime, is_held_up: bool
) -> tuple[str, str]:
    """(state to draw, words); "" for the usual words of the state."""
    if delivery.state != DeliveryState.QUEUED:
        return str(delivery.state), ""
    if is_held_up:
        return "waiting", ""
    if account.health != Health.OK:
        return "waiting", "Waits until the channel works again"
    if account.paused_at is not None:
        return "waiting", "Waits: the channel is paused"
    if delivery.retry_at is not None and delivery.retry_at > at:
        return "queued", f"Trying again at {clock_time(delivery.retry_at, zone)}"
    if account.quota_remaining == 0 and account.quota_resets_at is not None and account.quota_resets_at > at:
        network = NETWORK_NAMES.get(account.network, account.network)
        return "quota", f"Goes at {clock_time(account.quota_resets_at, zone)}, {network} quota"
    return "sending", ""
