import json
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk import clock
from helpdesk.channels.http import Answer
from helpdesk.channels.port import FailureClass, OutcomeUnknown, Quota, SendFailed
from helpdesk.channels.x.errors import failure_in, failure_of_request


def answer(status: int, body: object = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=content
    )


def coded(code: int) -> dict[str, object]:
    return {"errors": [{"code": code, "message": "You cannot."}]}


def problem(uri: str, detail: str = "You cannot.") -> dict[str, object]:
    return {"title": "Forbidden", "type": uri, "status": 403, "detail": detail}


def failed(given: Answer) -> SendFailed:
    failure = failure_in(given)
    assert isinstance(failure, SendFailed)
    return failure


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        (88, 429, "throttled"),
        (32, 401, "auth"),
        (89, 401, "auth"),
        (135, 401, "auth"),
        (215, 400, "auth"),
        (93, 403, "config"),
        (261, 403, "config"),
        (64, 403, "account"),
        (326, 403, "account"),
        (226, 403, "account"),
        (150, 403, "recipient"),
        (349, 403, "recipient"),
        (476, 403, "recipient"),
        (63, 403, "recipient"),
        (50, 404, "recipient"),
        (17, 404, "recipient"),
        (34, 404, "recipient"),
        (151, 403, "transient"),
        (214, 403, "config"),
        (324, 400, "content"),
        (325, 400, "content"),
        (354, 403, "content"),
        (187, 403, "content"),
        (355, 409, "config"),
        (130, 503, "transient"),
        (131, 500, "transient"),
    ],
)
def test_a_code_has_its_class(code: int, status: int, failure: str) -> None:
    told = failed(answer(status, coded(code)))

    assert (told.failure, told.code, told.reason) == (failure, str(code), "You cannot.")


def test_a_refusal_without_a_reason_is_worth_one_more_try() -> None:
    assert failed(answer(403, coded(151))).tries == 2
    assert failed(answer(503, coded(130))).tries is None


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("invalid-request", "content"),
        ("resource-not-found", "recipient"),
        ("resource-unavailable", "recipient"),
        ("not-authorized-for-resource", "recipient"),
        ("not-authorized-for-field", "config"),
        ("disallowed-resource", "content"),
        ("client-forbidden", "config"),
        ("unsupported-authentication", "auth"),
        ("usage-capped", "billing"),
        ("rate-limit-exceeded", "throttled"),
        ("internal-error", "transient"),
    ],
)
@pytest.mark.parametrize(
    "host",
    [
        "https://api.x.com/2/problems/",
        "https://api.twitter.com/2/problems/",
        "https://developer.x.com/en/support/error-troubleshooting#",
    ],
)
def test_a_problem_has_its_class_wherever_it_is_documented(host: str, name: str, failure: str) -> None:
    assert failed(answer(403, problem(host + name))).failure == failure


def test_a_refusal_without_a_type_is_known_by_its_words() -> None:
    words = "You do not have permission to DM one or more participants."

    assert failed(answer(403, problem("about:blank", words))).failure is FailureClass.RECIPIENT
    assert failed(answer(403, problem("about:blank"))).failure is FailureClass.CONFIG


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (302, "config"),
        (400, "content"),
        (401, "auth"),
        (402, "billing"),
        (403, "config"),
        (404, "recipient"),
        (413, "content"),
        (429, "throttled"),
        (503, "transient"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b'{"errors": "no"}', b'{"errors":[{"code":999999}]}'])
def test_without_known_words_the_status_decides(body: bytes, status: int, failure: str) -> None:
    told = failed(answer(status, body))

    assert told.failure == failure
    assert told.reason


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_that_x_did_not_word_leaves_the_outcome_unknown(status: int) -> None:
    assert isinstance(failure_in(answer(status, b"<html>Bad gateway</html>")), OutcomeUnknown)
    assert failure_of_request(answer(status, b"<html>")).failure is FailureClass.TRANSIENT


def test_about_media_nobody_is_refused_but_the_file() -> None:
    assert failure_of_request(answer(404, coded(34))).failure is FailureClass.CONTENT


def test_a_throttled_call_may_be_tried_when_x_says() -> None:
    reset = int((clock.now() + timedelta(minutes=7)).timestamp())

    told = failed(
        answer(429, coded(88), x_rate_limit_limit="15", x_rate_limit_remaining="0", x_rate_limit_reset=str(reset))
    )

    assert told.retry_at == datetime.fromtimestamp(reset, UTC)
    assert told.quota == Quota(
        limit=15, remaining=0, resets_at=datetime.fromtimestamp(reset, UTC), window=timedelta(minutes=15)
    )


def test_a_used_up_day_is_told_and_waited_for() -> None:
    soon, tomorrow = (int((clock.now() + timedelta(hours=h)).timestamp()) for h in (0.1, 20))

    told = failed(
        answer(
            429,
            coded(88),
            x_rate_limit_limit="15",
            x_rate_limit_remaining="12",
            x_rate_limit_reset=str(soon),
            x_user_limit_24hour_limit="1440",
            x_user_limit_24hour_remaining="300",
            x_user_limit_24hour_reset=str(tomorrow),
            x_app_limit_24hour_limit="1440",
            x_app_limit_24hour_remaining="0",
            x_app_limit_24hour_reset=str(tomorrow),
        )
    )

    assert told.quota is not None
    assert told.quota.day == Quota(limit=1440, remaining=0, resets_at=datetime.fromtimestamp(tomorrow, UTC))
    assert told.retry_at == datetime.fromtimestamp(tomorrow, UTC)


@pytest.mark.parametrize(
    ("headers", "earliest", "latest"),
    [
        ({}, timedelta(minutes=14), timedelta(minutes=15)),
        ({"x_rate_limit_reset": "soon"}, timedelta(minutes=14), timedelta(minutes=15)),
        ({"x_rate_limit_reset": "9" * 40}, timedelta(minutes=14), timedelta(minutes=15)),
        ({"retry_after": "60"}, timedelta(seconds=50), timedelta(seconds=60)),
        ({"x_rate_limit_reset": "1000000000"}, timedelta(0), timedelta(seconds=1)),
    ],
    ids=["no header", "words", "too large", "retry-after", "in the past"],
)
def test_without_a_usable_time_the_wait_is_still_in_the_future(
    headers: dict[str, str], earliest: timedelta, latest: timedelta
) -> None:
    told = failed(answer(429, coded(88), **headers))

    assert told.retry_at is not None
    assert earliest < told.retry_at - clock.now() <= latest
