import json

import pytest

from helpdesk.channels.port import BadSignature, Handshake, UnreadablePayload, WebhookRequest
from tests.channels.x.contract import x_channel

BODY = b'{"data":{"event_uuid":"1","event_type":"dm.received"}}'
SIGNATURE = "sha256=lfuksWv871xXQD1byuCsCa8JRNKJEMidg/V3yNprknQ="


def crc(query: dict[str, str], signature: str = "") -> Handshake:
    headers = {"x-twitter-webhooks-signature": signature} if signature else {}
    return x_channel().handshake(WebhookRequest(method="GET", query=query, headers=headers, body=b""))


def call(body: bytes, signature: str) -> WebhookRequest:
    return WebhookRequest(method="POST", query={}, headers={"x-twitter-webhooks-signature": signature}, body=body)


def test_the_check_of_our_address_is_answered_with_the_documented_token() -> None:
    answer = crc({"crc_token": "challenge-123"})

    assert json.loads(answer.body) == {"response_token": "sha256=tkNEg0seEcYQ8M3405Unns/xCXZPr0AfN2Yx77Yg+c8="}
    assert answer.content_type == "application/json"


# Of `crc_token=challenge-123&nonce=n1`, by `openssl dgst -sha256 -hmac test-consumer-secret -binary | base64`.
LEGACY_SIGNATURE = "sha256=yuNjhAzoxRdZXOqXIshjm1h5iUs9R5g/noov9eXUByo="


def test_the_signed_form_with_a_nonce_has_the_same_answer() -> None:
    legacy = crc({"crc_token": "challenge-123", "nonce": "n1"}, LEGACY_SIGNATURE)

    assert legacy == crc({"crc_token": "challenge-123"})


def test_a_check_that_is_signed_wrongly_is_refused() -> None:
    with pytest.raises(BadSignature):
        crc({"crc_token": "challenge-123", "nonce": "n2"}, LEGACY_SIGNATURE)


@pytest.mark.parametrize("query", [{}, {"crc_token": ""}, {"challenge": "x"}, {"crc_token": "x" * 513}])
def test_a_call_that_is_no_check_is_unreadable(query: dict[str, str]) -> None:
    with pytest.raises(UnreadablePayload):
        crc(query)


def test_nobody_gets_a_signature_for_a_webhook_body_by_asking_for_a_check() -> None:
    with pytest.raises(UnreadablePayload):
        crc({"crc_token": BODY.decode()})


def test_a_check_is_made_with_get() -> None:
    request = WebhookRequest(method="POST", query={"crc_token": "challenge-123"}, headers={}, body=b"")

    with pytest.raises(UnreadablePayload):
        x_channel().handshake(request)


def test_the_documented_signature_is_taken() -> None:
    x_channel().verify(call(BODY, SIGNATURE))


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", SIGNATURE.removeprefix("sha256="), SIGNATURE.lower(), SIGNATURE + "=", "sha256=é"],
)
def test_any_other_signature_is_not(signature: str) -> None:
    with pytest.raises(BadSignature):
        x_channel().verify(call(BODY, signature))


def test_the_same_json_written_differently_is_not_what_was_signed() -> None:
    with pytest.raises(BadSignature):
        x_channel().verify(call(json.dumps(json.loads(BODY)).encode(), SIGNATURE))


@pytest.mark.parametrize("credentials", [{}, {"consumer_secret": ""}])
def test_an_account_without_a_secret_takes_nothing(credentials: dict[str, str]) -> None:
    """An empty key would sign, too: whoever guesses that there is none could write as any customer."""
    signed_with_nothing = "sha256=vnxGEh3zO9GqJ6aPmXrsUFmO2DTEYwc9o/7r5cNngzU="

    with pytest.raises(BadSignature):
        x_channel(credentials=credentials).verify(call(BODY, signed_with_nothing))
    with pytest.raises(BadSignature):
        x_channel(credentials=credentials).handshake(
            WebhookRequest(method="GET", query={"crc_token": "challenge-123"}, headers={}, body=b"")
        )
