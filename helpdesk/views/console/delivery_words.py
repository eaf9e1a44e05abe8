"""What has become of a message of ours, in words for the agent: its state, why it failed, what to do."""

from dataclasses import dataclass
from datetime import datetime

from helpdesk.channels.port import FailureClass
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Health
from helpdesk.views.rendering import clock_time

NETWORK_NAMES = {"native": "Direct", "x": "X"}

_UNPAID = "The network asks for payment before it sends more. Tell an admin."

_ADVICE: dict[str, str] = {
    FailureClass.TRANSIENT: "The network could not be reached. Nothing arrived, so sending again is safe.",
    FailureClass.THROTTLED: "The network takes no more for now. Nothing arrived, so sending again later is safe.",
    FailureClass.WINDOW_CLOSED: "The network only takes an answer within a set time, and that time is over.",
    FailureClass.RECIPIENT: "This customer cannot be written to. Sending again will not help.",
    FailureClass.CONTENT: "The network does not take this message. Copy the words, change them and send them anew.",
    FailureClass.AUTH: "Our access to this account has ended. An admin must connect it again; then retry.",
    FailureClass.ACCOUNT: "The network has restricted our account. Tell an admin; nothing arrived.",
    FailureClass.CONFIG: "The channel is not set up rightly. Tell an admin; nothing arrived.",
    FailureClass.BILLING: _UNPAID,
}


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
        why = f"{network}: {_sentence(delivery.reason)} " if delivery.reason else ""
        return Failure(
            kind="bad",
            title="Not delivered",
            words=f"{why}{_ADVICE.get(delivery.failure, '')} {_tries(delivery)}".strip(),
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
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


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
    if delivery.retry_at is not None and delivery.retry_at > at:
        return "queued", f"Trying again at {clock_time(delivery.retry_at, zone)}"
    if account.quota_remaining == 0 and account.quota_resets_at is not None and account.quota_resets_at > at:
        network = NETWORK_NAMES.get(account.network, account.network)
        return "quota", f"Goes at {clock_time(account.quota_resets_at, zone)}, {network} quota"
    return "sending", ""
