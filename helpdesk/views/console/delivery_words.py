"""What has become of a message of ours, in words for the agent: its state, why it failed, what to do."""

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.channels.port import FailureClass
from helpdesk.messaging import quotas
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Health
from helpdesk.views.console.clock_faces import short_day
from helpdesk.views.rendering import clock_time, iso

NETWORK_NAMES = {"native": "Direct", "x": "X", "imported": "Imported"}

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
class Action:
    """Something the agent may do about a delivery."""

    decision: str
    """What decide_delivery is told; "" for a link, `reschedule` for a menu of times."""
    label: str
    kind: str = ""
    icon: str = ""
    title: str = ""
    href: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A message that waits for an agent's decision."""

    kind: str
    """bad: it did not arrive. warn: nobody knows, or it is held."""
    title: str
    words: str
    actions: tuple[Action, ...]
    icon: str = ""


_DELETE = Action(decision="discard", label="Delete", kind="quiet", title="It will not be sent")
_CHANGE = Action(decision="take-back", label="Change", title="Put the words back into the composer")
_SEND_PAST = Action(decision="send-past", label="Send past it", title="Let the later messages go first")


def failure_of(delivery: Delivery, account: ChannelAccount, *, customer: str) -> Failure | None:
    match delivery.state:
        case DeliveryState.FAILED:
            return _failed(delivery)
        case DeliveryState.UNKNOWN:
            return _unknown(delivery, account)
        case DeliveryState.QUEUED if delivery.held_at is not None:
            return _held(customer)
    return None


def _failed(delivery: Delivery) -> Failure:
    retry = Action(decision="retry", label="Retry", kind="main", icon="refresh-cw")
    past = () if delivery.is_passed else (_SEND_PAST,)
    return Failure(
        kind="bad",
        title="Not delivered",
        words=reason_words(delivery.failure, delivery.reason, tries=delivery.attempts),
        actions=(retry, _CHANGE, *past, _DELETE),
    )


def reason_words(failure: str, reason: str, *, tries: int = 0) -> str:
    """Why it did not arrive, how often it was tried, and what to do."""
    what, then = _WHAT.get(failure, ("", ""))
    return " ".join(filter(None, (_sentence(reason) or what, _tries(tries), then)))


def _unknown(delivery: Delivery, account: ChannelAccount) -> Failure:
    network = network_name(account)
    look = look_url(account.network, delivery.conversation.external_key)
    looking = (Action(decision="", label="Look", icon="external-link", href=look),) if look else ()
    again = Action(decision="retry", label="Send again", kind="" if looking else "main", icon="refresh-cw")
    arrived = Action(decision="arrived", label="It arrived", icon="check")
    past = () if delivery.is_passed else (_SEND_PAST,)
    return Failure(
        kind="warn",
        title="Arrived? Not known",
        words=f"It was sent, and no answer came from {network}. Look there first: sent again, it may arrive twice.",
        actions=(*looking, arrived, again, *past, _DELETE),
    )


def _held(customer: str) -> Failure:
    now = Action(decision="send-now", label="Send now", kind="main")
    return Failure(
        kind="warn",
        icon="hand",
        title=f"Held: {customer} wrote meanwhile",
        words="It was to be sent later. Does it still fit?",
        actions=(now, _CHANGE, _DELETE),
    )


def look_url(network: str, conversation_key: str) -> str:
    """Where the conversation can be seen on its network; "" where nothing leads to it."""
    kind, _, key = conversation_key.partition(":")
    return f"https://x.com/messages/{key}" if network == "x" and kind == "dm" and key else ""


def network_name(account: ChannelAccount) -> str:
    return NETWORK_NAMES.get(account.network, account.network)


def _sentence(reason: str) -> str:
    return reason if not reason or reason.endswith((".", "!", "?")) else f"{reason}."


def _tries(attempts: int) -> str:
    return "" if attempts < 2 else f"Tried {attempts} times."


@dataclass(frozen=True, kw_only=True)
class StateWords:
    """A delivery's state as it is drawn; `text` "" for the usual words of the state."""

    state: str
    text: str = ""
    until: str = ""
    """The instant to which the page counts down."""
    actions: tuple[Action, ...] = ()


_UNDO = Action(decision="take-back", label="Undo", key="z")
_CANCEL = Action(decision="take-back", label="Cancel", title="Put the words back into the composer")
_LATER = (
    Action(decision="send-now", label="Send now"),
    Action(decision="reschedule", label="Change time"),
    _CANCEL,
)


def state_words(
    delivery: Delivery, account: ChannelAccount, *, zone: str, at: datetime, is_held_up: bool
) -> StateWords:
    if delivery.state != DeliveryState.QUEUED:
        return StateWords(state=str(delivery.state))
    if delivery.awaits_release:
        words = "Goes" if delivery.not_before > at else "Was to go"
        return StateWords(
            state="scheduled", text=f"{words} {day_and_time(delivery.not_before, zone, at=at)}", actions=_LATER
        )
    if delivery.not_before > at:
        seconds = math.ceil((delivery.not_before - at).total_seconds())
        return StateWords(
            state="undo", text=f"Sending in {seconds} s", until=iso(delivery.not_before), actions=(_UNDO,)
        )
    return _waiting(delivery, account, zone=zone, at=at, is_held_up=is_held_up)


def day_and_time(instant: datetime, zone: str, *, at: datetime) -> str:
    """09:00 today, Thu 09:00 within a week, 3 Dec 09:00 further off."""
    local, here, time = instant.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone)), clock_time(instant, zone)
    if local.date() == here.date():
        return time
    is_near = abs((local.date() - here.date()).days) < 7
    return f"{local:%a} {time}" if is_near else f"{short_day(instant, zone, at=at)} {time}"


def _waiting(delivery: Delivery, account: ChannelAccount, *, zone: str, at: datetime, is_held_up: bool) -> StateWords:
    if is_held_up:
        return StateWords(state="waiting", actions=(_CANCEL,))
    if account.health != Health.OK:
        return StateWords(state="waiting", text="Waits until the channel works again", actions=(_CANCEL,))
    if account.paused_at is not None:
        return StateWords(state="waiting", text="Waits: the channel is paused", actions=(_CANCEL,))
    goes_at = _goes_at(delivery, account, at=at)
    if goes_at is not None:
        return StateWords(state="quota", text=_quota_words(goes_at, account, zone=zone, at=at), actions=(_CANCEL,))
    if delivery.retry_at is not None and delivery.retry_at > at:
        text = f"Trying again at {clock_time(delivery.retry_at, zone)}"
        return StateWords(state="queued", text=text, actions=(_CANCEL,))
    return StateWords(state="sending")


def _goes_at(delivery: Delivery, account: ChannelAccount, *, at: datetime) -> datetime | None:
    """About when the network's limit lets it go; None where nothing is scarce."""
    if delivery.expected_at is not None and delivery.expected_at > at:
        return delivery.expected_at
    # Not foretold yet: a worker does so at its next look.
    window = quotas.binding_window(account, at=at)
    return window.resets_at if window is not None and window.remaining == 0 else None


def _quota_words(goes_at: datetime, account: ChannelAccount, *, zone: str, at: datetime) -> str:
    words = f"Will be sent about {day_and_time(goes_at, zone, at=at)}"
    window = quotas.binding_window(account, at=at)
    if window is None:
        return words
    span = "24 hours" if window.length == quotas.DAY else f"{round(window.length.total_seconds() / 60)} minutes"
    messages = "1 message" if window.limit == 1 else f"{window.limit:,} messages"
    return f"{words}: {network_name(account)} allows {messages} in {span}"
