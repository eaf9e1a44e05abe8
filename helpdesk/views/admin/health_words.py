"""How channels do, in words: the one sentence on top, and for each row its state and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from helpdesk.messaging.channel_health import BROKEN, Trouble, Verdict
from helpdesk.views.admin.channels import NETWORK_NAMES
from helpdesk.views.rendering import clock_time, duration

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")

_STATES: dict[Trouble, str] = {
    Trouble.AUTH_LOST: "Signed out",
    Trouble.RESTRICTED: "Restricted",
    Trouble.MISCONFIGURED: "Set up wrongly",
    Trouble.BILLING: "Unpaid",
    Trouble.REFUSING: "Refusing calls",
    Trouble.NOT_CALLED: "Not called",
    Trouble.SET_ASIDE: "Events set aside",
    Trouble.UNKNOWN: "Replies unknown",
    Trouble.FAILED: "Replies failed",
    Trouble.OVERDUE_PARKED: "Events set aside",
    Trouble.PAUSED: "Paused",
    Trouble.BEHIND: "Behind",
    Trouble.UNREAD: "Record unread",
    Trouble.QUOTA_SPENT: "Quota spent",
    Trouble.SLOW: "Slow",
}


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """What to do about one trouble; `label` is "" where there is no button, `is_post` tells a deed from a link."""

    words: str
    label: str = ""
    url: str = ""
    is_post: bool = False


@dataclass(frozen=True, kw_only=True)
class Headline:
    title: str
    words: str
    kind: str
    """ok, warn or bad."""


def name_of(verdict: Verdict) -> str:
    account = verdict.facts.account
    return f"@{account.handle} on {NETWORK_NAMES.get(account.network, account.network)}"


def state_of(verdict: Verdict) -> tuple[str, str]:
    """(kind, words) of the gravest."""
    if not verdict.troubles:
        return "ok", "Well"
    gravest = verdict.troubles[0]
    return "bad" if gravest in BROKEN or gravest is Trouble.REFUSING else "warn", _STATES[gravest]


def headline(verdicts: Sequence[Verdict], program_troubles: Sequence[str]) -> Headline:
    """Is all well, in one sentence; then which it is."""
    needing = [verdict for verdict in verdicts if verdict.needs_somebody]
    passing = [verdict for verdict in verdicts if verdict.troubles and not verdict.needs_somebody]
    details = [*program_troubles, *(_says(verdict) for verdict in (*needing, *passing))]
    count = len(needing) + len(program_troubles)
    if not details:
        return Headline(title="All is well", words="What came was taken in, and no reply waits.", kind="ok")
    words = " ".join([*details, "Nothing is lost."])
    if not count:
        return Headline(title="Nothing needs you", words=words, kind="ok")
    things = f"{_NUMBERS[count] if count < len(_NUMBERS) else count} thing{'' if count == 1 else 's'}"
    rest = "the rest passes by itself" if passing else "the rest is well"
    is_bad = bool(program_troubles) or any(verdict.is_broken for verdict in needing)
    return Headline(
        title=f"{things} need{'s' if count == 1 else ''} you, {rest}", words=words, kind="bad" if is_bad else "warn"
    )


def _says(verdict: Verdict) -> str:
    return f"{name_of(verdict)}: {_STATES[verdict.troubles[0]].lower()}."


def to_do(verdict: Verdict, *, paused_by: str, zone: str) -> list[ToDo]:
    return [_to_do(trouble, verdict, paused_by=paused_by, zone=zone) for trouble in verdict.troubles]


def _to_do(trouble: Trouble, verdict: Verdict, *, paused_by: str, zone: str) -> ToDo:
    facts, account = verdict.facts, verdict.facts.account
    network = NETWORK_NAMES.get(account.network, account.network)
    channel = url_for("admin.show_channel", account_id=account.id)
    resume = url_for("admin.resume_channel", account_id=account.id)
    set_aside = url_for("admin.list_set_aside")
    match trouble:
        case Trouble.AUTH_LOST:
            return ToDo(words=account.health_reason, label="Connect again", url=channel)
        case Trouble.RESTRICTED:
            return ToDo(words=f"Unlock it at {network}, then resume it here.", label="Resume", url=resume, is_post=True)
        case Trouble.MISCONFIGURED:
            return ToDo(words=account.health_reason, label="Look", url=channel)
        case Trouble.BILLING:
            return ToDo(words=f"Pay {network}, then resume it here.", label="Resume", url=resume, is_post=True)
        case Trouble.REFUSING:
            words = "No call since was signed rightly: compare the secret."
            return ToDo(words=words, label="Credentials", url=channel)
        case Trouble.NOT_CALLED:
            words = facts.link.webhook_words if facts.link is not None else ""
            return ToDo(words=words, label="Connect", url=channel)
        case Trouble.SET_ASIDE:
            return ToDo(words=f"{_events(facts.set_aside)} could not be taken in.", label="Read", url=set_aside)
        case Trouble.UNKNOWN:
            return ToDo(words=f"{_replies(facts.unknown)} may have been sent: agents decide on the ticket.")
        case Trouble.FAILED:
            return ToDo(words=f"{_replies(facts.failed)} not sent: agents retry or delete on the ticket.")
        case Trouble.OVERDUE_PARKED:
            words = f"{_events(facts.overdue_parked)} waited 7 days for a message."
            return ToDo(words=words, label="Read", url=set_aside)
        case Trouble.PAUSED:
            by = f"By {paused_by}" if paused_by else "Paused"
            since = f" since {clock_time(account.paused_at, zone)}" if account.paused_at else ""
            words = f"{by}{since}; {_replies(facts.queued.rows, 'waits', 'wait')}."
            return ToDo(words=words, label="Resume", url=resume, is_post=True)
        case Trouble.BEHIND:
            return ToDo(words=f"Wait: workers take in {_events(facts.waiting.rows)}.")
        case Trouble.UNREAD:
            said = facts.link.history_words if facts.link is not None else ""
            return ToDo(words=f"Wait: {network}'s record is read when it answers. It said: {said}")
        case Trouble.QUOTA_SPENT:
            goes_at = clock_time(account.quota_resets_at, zone) if account.quota_resets_at else "the reset"
            return ToDo(words=f"{_replies(facts.queued.rows, 'goes', 'go')} at {goes_at}, due soonest first.")
        case Trouble.SLOW:
            return ToDo(words=f"{_replies(facts.queued.rows, 'goes', 'go')} once {network} answers.")


def lag_words(seconds: float) -> str:
    return "under 1 s" if seconds < 1 else duration(seconds)


def _events(count: int) -> str:
    return f"{count} event{'' if count == 1 else 's'}"


def _replies(count: int, does: str = "", do: str = "") -> str:
    """Such as "1 reply waits", "4 replies wait"."""
    return f"1 reply {does}".strip() if count == 1 else f"{count} replies {do}".strip()
