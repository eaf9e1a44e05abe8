"""X's error answers by meaning. Two families exist side by side: numbered codes and problem documents."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk import clock
from helpdesk.channels.http import Answer
from helpdesk.channels.port import FailureClass, OutcomeUnknown, Quota, SendFailed
from helpdesk.channels.x.payloads import ErrorAnswer, read
from helpdesk.pace import pace

FAILURE_BY_CODE: Mapping[str, FailureClass] = {
    "88": FailureClass.THROTTLED,
    "32": FailureClass.AUTH,
    "89": FailureClass.AUTH,
    "135": FailureClass.AUTH,
    "215": FailureClass.AUTH,
    "93": FailureClass.CONFIG,
    "261": FailureClass.CONFIG,
    "214": FailureClass.CONFIG,
    "355": FailureClass.CONFIG,
    "64": FailureClass.ACCOUNT,
    "326": FailureClass.ACCOUNT,
    "226": FailureClass.ACCOUNT,
    "150": FailureClass.RECIPIENT,
    "349": FailureClass.RECIPIENT,
    "476": FailureClass.RECIPIENT,
    "17": FailureClass.RECIPIENT,
    "34": FailureClass.RECIPIENT,
    "50": FailureClass.RECIPIENT,
    "63": FailureClass.RECIPIENT,
    "187": FailureClass.CONTENT,
    "324": FailureClass.CONTENT,
    "325": FailureClass.CONTENT,
    "354": FailureClass.CONTENT,
    # X says that the message was not sent and not why; one more try may work.
    "151": FailureClass.TRANSIENT,
    "130": FailureClass.TRANSIENT,
    "131": FailureClass.TRANSIENT,
}

_TRIES_BY_CODE: Mapping[str, int] = {"151": 2}

FAILURE_BY_PROBLEM: Mapping[str, FailureClass] = {
    "invalid-request": FailureClass.CONTENT,
    "disallowed-resource": FailureClass.CONTENT,
    "resource-not-found": FailureClass.RECIPIENT,
    "resource-unavailable": FailureClass.RECIPIENT,
    "not-authorized-for-resource": FailureClass.RECIPIENT,
    "not-authorized-for-field": FailureClass.CONFIG,
    "client-forbidden": FailureClass.CONFIG,
    "unsupported-authentication": FailureClass.AUTH,
    "usage-capped": FailureClass.BILLING,
    "rate-limit-exceeded": FailureClass.THROTTLED,
    "internal-error": FailureClass.TRANSIENT,
}

_FAILURE_BY_STATUS: Mapping[int, FailureClass] = {
    401: FailureClass.AUTH,
    402: FailureClass.BILLING,
    403: FailureClass.CONFIG,
    404: FailureClass.RECIPIENT,
    408: FailureClass.TRANSIENT,
    429: FailureClass.THROTTLED,
    503: FailureClass.TRANSIENT,
}

# X gives this refusal no type of its own, only these words.
_NO_PERMISSION_TO_DM = "dm one or more participants"

_WINDOW = timedelta(minutes=15)
_REASON_MAX = 300


def failure_in(answer: Answer) -> SendFailed | OutcomeUnknown:
    """What an answer that is not a success means for a message.

    A 5xx that X itself did not word comes from something in between, which cannot know: the outcome is unknown.
    """
    told = _told(answer.body)
    code = _code(told)
    failure = _failure(told, code, answer.status)
    reason = _reason(told, answer.status)
    if failure is None:
        return OutcomeUnknown(reason)
    return SendFailed(
        failure,
        reason,
        code=code or str(answer.status),
        retry_at=_retry_at(answer.headers) if failure is FailureClass.THROTTLED else None,
        quota=quota_in(answer.headers),
        tries=_TRIES_BY_CODE.get(code),
    )


def failure_of_request(answer: Answer) -> SendFailed:
    """The same for a call that sends nothing, such as an upload or a look-up: nobody was refused, but what it asks."""
    failed = failure_in(answer)
    if isinstance(failed, OutcomeUnknown):
        return SendFailed(FailureClass.TRANSIENT, str(failed), code=str(answer.status))
    if failed.failure is FailureClass.RECIPIENT:
        return SendFailed(FailureClass.CONTENT, failed.reason, code=failed.code, quota=failed.quota)
    return failed


def quota_in(headers: Mapping[str, str]) -> Quota | None:
    """The account's send limit as the rate-limit headers tell it, None when they are missing or make no sense."""
    quota = _quota(headers, "x-rate-limit-")
    return replace(quota, window=_WINDOW, day=_day_quota(headers)) if quota is not None else None


def _day_quota(headers: Mapping[str, str]) -> Quota | None:
    """X counts 24 hours for the user and for the app: the one that leaves less decides."""
    told = [_quota(headers, f"x-{who}-limit-24hour-") for who in ("user", "app")]
    return min((quota for quota in told if quota is not None), key=lambda quota: quota.remaining, default=None)


def _quota(headers: Mapping[str, str], prefix: str) -> Quota | None:
    try:
        return Quota(
            limit=int(headers[f"{prefix}limit"]),
            remaining=max(0, int(headers[f"{prefix}remaining"])),
            resets_at=_instant(headers[f"{prefix}reset"]),
        )
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _told(body: bytes) -> ErrorAnswer:
    return read(body, ErrorAnswer) or ErrorAnswer()


def _code(told: ErrorAnswer) -> str:
    """The number of the first known error, else the problem's name, else the first number or ""."""
    numbers = [str(error.code) for error in told.errors if error.code != ""]
    known = [number for number in numbers if number in FAILURE_BY_CODE]
    problems = [_problem_name(uri) for uri in (told.type, *(error.type for error in told.errors))]
    named = [problem for problem in problems if problem in FAILURE_BY_PROBLEM]
    return next(iter(known + named + numbers), "")


def _problem_name(uri: str) -> str:
    """The last segment or fragment: the hosts before it vary."""
    return re.split(r"[/#]", uri.rstrip("/#"))[-1]


def _failure(told: ErrorAnswer, code: str, status: int) -> FailureClass | None:
    known = FAILURE_BY_CODE.get(code) or FAILURE_BY_PROBLEM.get(code)
    if known is not None:
        return known
    if status == 403 and _NO_PERMISSION_TO_DM in told.detail.lower():
        return FailureClass.RECIPIENT
    if status in _FAILURE_BY_STATUS:
        return _FAILURE_BY_STATUS[status]
    if status >= 500:
        return None
    return FailureClass.CONFIG if status < 400 else FailureClass.CONTENT


def _reason(told: ErrorAnswer, status: int) -> str:
    words = [error.message or error.detail for error in told.errors]
    reason = next((word for word in (*words, told.detail, told.title) if word), "")
    return reason[:_REASON_MAX] or f"X answered {status} and gave no reason"


def _retry_at(headers: Mapping[str, str]) -> datetime:
    """When X lets us send again; a second from now at the earliest, one window when it does not say."""
    now, quota = clock.now(), quota_in(headers)
    if quota is not None and quota.day is not None and quota.day.remaining == 0:
        return max(quota.day.resets_at, now + timedelta(seconds=1))
    try:
        named = _instant(headers["x-rate-limit-reset"])
    except (KeyError, ValueError, OverflowError, OSError):
        named = _after(headers.get("retry-after", ""), now)
    return max(named, now + timedelta(seconds=1))


def _after(seconds: str, now: datetime) -> datetime:
    try:
        return now + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        return now + pace.of(_WINDOW)


def _instant(unix_seconds: str) -> datetime:
    return datetime.fromtimestamp(int(unix_seconds), UTC)
