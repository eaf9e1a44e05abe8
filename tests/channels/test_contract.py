"""What every adapter in the registry owes its callers, whatever its network."""

import dataclasses
import importlib
from datetime import UTC, datetime

import pytest

from helpdesk.channels.history import ChannelWithHistory
from helpdesk.channels.port import (
    BadSignature,
    ChannelError,
    FailureClass,
    InboundMessage,
    OutboundFile,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    UnreadablePayload,
    UnsupportedEvent,
    WebhookRequest,
)
from helpdesk.channels.registry import capabilities, credential_fields, networks
from tests.channels.contract import Contract, Situation, Webhook

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

CONTRACTS: dict[str, Contract] = {
    network: importlib.import_module(f"tests.channels.{network}.contract").CONTRACT for network in networks()
}
WEBHOOKS = {network: contract.webhook for network, contract in CONTRACTS.items() if contract.webhook}


def a_message(contract: Contract, text: str = "Your order is on its way", **changes: object) -> OutboundMessage:
    message = OutboundMessage(
        client_key="key-1",
        conversation_key=contract.conversation_key,
        recipient_external_id=contract.recipient_external_id,
        text=text,
    )
    return dataclasses.replace(message, **changes)  # type: ignore[arg-type] # the test names the fields


def refusal_of(network: str, message: OutboundMessage) -> FailureClass:
    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel, pytest.raises(SendFailed) as failed:
        channel.send(message)
    return failed.value.failure


@pytest.mark.parametrize("network", networks())
def test_the_adapter_names_its_network_and_what_connecting_asks_for(network: str) -> None:
    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
        assert channel.network == network
        assert channel.capabilities == capabilities(network)
        assert channel.credential_fields == credential_fields(network)
        assert all(field.name and field.label for field in channel.credential_fields)


@pytest.mark.parametrize("network", networks())
def test_it_can_be_asked_for_the_past_if_and_only_if_it_says_so(network: str) -> None:
    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
        assert isinstance(channel, ChannelWithHistory) is (capabilities(network).history is not None)


@pytest.mark.parametrize("network", networks())
def test_an_accepted_message_has_the_networks_id_and_its_conversation(network: str) -> None:
    contract = CONTRACTS[network]

    with contract.situations[Situation.ACCEPTS]() as channel:
        accepted = channel.send(a_message(contract))

    assert accepted.external_id
    assert accepted.conversation_key == contract.conversation_key


@pytest.mark.parametrize("network", networks())
def test_an_empty_message_is_refused_for_its_content(network: str) -> None:
    assert refusal_of(network, a_message(CONTRACTS[network], text=" \n")) is FailureClass.CONTENT


@pytest.mark.parametrize("network", networks())
def test_the_longest_text_goes_and_one_character_more_does_not(network: str) -> None:
    contract = CONTRACTS[network]
    longest = capabilities(network).text_max

    with contract.situations[Situation.ACCEPTS]() as channel:
        channel.send(a_message(contract, text="é" * longest))

    assert refusal_of(network, a_message(contract, text="é" * (longest + 1))) is FailureClass.CONTENT


@pytest.mark.parametrize("network", networks())
def test_one_file_more_than_the_network_carries_is_refused(network: str) -> None:
    photo = OutboundFile(name="a.png", mime="image/png", content=b"png")
    too_many = (photo,) * (capabilities(network).attachments_max + 1)

    assert refusal_of(network, a_message(CONTRACTS[network], files=too_many)) is FailureClass.CONTENT


@pytest.mark.parametrize("network", networks())
def test_an_image_above_the_limit_and_an_empty_one_are_refused(network: str) -> None:
    large = OutboundFile(name="a.png", mime="image/png", content=bytes(capabilities(network).image_max_bytes + 1))
    empty = OutboundFile(name="a.png", mime="image/png", content=b"")

    assert refusal_of(network, a_message(CONTRACTS[network], files=(large,))) is FailureClass.CONTENT
    assert refusal_of(network, a_message(CONTRACTS[network], files=(empty,))) is FailureClass.CONTENT


@pytest.mark.parametrize("network", [network for network in networks() if capabilities(network).file_types is not None])
def test_a_type_that_the_network_does_not_carry_is_refused(network: str) -> None:
    strange = OutboundFile(name="a.exe", mime="application/x-msdownload", content=b"MZ")

    assert refusal_of(network, a_message(CONTRACTS[network], files=(strange,))) is FailureClass.CONTENT


@pytest.mark.parametrize(
    "network", [network for network, contract in CONTRACTS.items() if Situation.UNREACHABLE in contract.situations]
)
def test_a_request_that_never_left_may_be_tried_again(network: str) -> None:
    contract = CONTRACTS[network]

    with contract.situations[Situation.UNREACHABLE]() as channel, pytest.raises(SendFailed) as failed:
        channel.send(a_message(contract))

    assert failed.value.failure is FailureClass.TRANSIENT


@pytest.mark.parametrize("network", networks())
def test_a_request_that_left_without_an_answer_is_unknown(network: str) -> None:
    contract = CONTRACTS[network]

    with contract.situations[Situation.HANGS_UP]() as channel, pytest.raises(OutcomeUnknown):
        channel.send(a_message(contract))


@pytest.mark.parametrize(
    ("network", "failure"),
    [(network, failure) for network, contract in CONTRACTS.items() for failure in contract.refusals],
)
def test_a_refusal_is_told_by_its_class(network: str, failure: FailureClass) -> None:
    contract = CONTRACTS[network]

    with contract.refusals[failure]() as channel, pytest.raises(SendFailed) as failed:
        channel.send(a_message(contract))

    assert failed.value.failure is failure
    assert failed.value.reason
    assert (failed.value.retry_at is not None) is (failure is FailureClass.THROTTLED)


@pytest.mark.parametrize("network", networks())
def test_a_medium_elsewhere_is_not_fetched(network: str) -> None:
    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel, pytest.raises(SendFailed) as failed:
        channel.fetch("https://evil.example/photo.jpg")

    assert failed.value.failure is FailureClass.CONTENT


@pytest.mark.parametrize("network", [network for network, contract in CONTRACTS.items() if contract.allowed_source_url])
def test_a_medium_of_the_network_is_fetched(network: str) -> None:
    contract = CONTRACTS[network]

    with contract.situations[Situation.ACCEPTS]() as channel:
        fetched = channel.fetch(contract.allowed_source_url)

    assert fetched.content
    assert "/" in fetched.mime


@pytest.mark.parametrize("network", networks())
def test_secrets_are_not_in_the_words_of_a_connection(network: str) -> None:
    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
        words = repr(vars(channel))

    assert "secret" not in words
    assert "user-token" not in words


@pytest.mark.parametrize(("network", "webhook"), WEBHOOKS.items(), ids=WEBHOOKS)
class TestWebhook:
    def test_the_check_of_our_address_is_answered(self, network: str, webhook: Webhook) -> None:
        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
            answer = channel.handshake(webhook.handshake)

        assert answer.body
        assert answer.content_type

    def test_a_signed_call_is_taken(self, network: str, webhook: Webhook) -> None:
        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
            channel.verify(webhook.message)

    def test_a_call_with_one_byte_changed_is_not(self, network: str, webhook: Webhook) -> None:
        changed = dataclasses.replace(webhook.message, body=webhook.message.body + b" ")

        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel, pytest.raises(BadSignature):
            channel.verify(changed)

    def test_a_call_without_a_signature_is_not(self, network: str, webhook: Webhook) -> None:
        unsigned = dataclasses.replace(webhook.message, headers={})

        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel, pytest.raises(BadSignature):
            channel.verify(unsigned)

    def test_a_message_is_read(self, network: str, webhook: Webhook) -> None:
        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
            (event,) = channel.parse(webhook.message.body, received_at=AT)

        assert isinstance(event, InboundMessage)
        assert event.external_id == webhook.message_id
        assert event.sender == event.customer
        assert not event.is_from_brand
        assert event.sent_at.tzinfo is UTC
        assert event.parts

    def test_an_unknown_event_is_kept_as_unsupported(self, network: str, webhook: Webhook) -> None:
        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
            (event,) = channel.parse(webhook.unknown_event.body, received_at=AT)

        assert isinstance(event, UnsupportedEvent)
        assert event.kind

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"hello", b"[1, 2]", b"7", b'{"data":', b"[" * 100_000])
    def test_what_is_no_json_object_is_unreadable(self, network: str, webhook: Webhook, body: bytes) -> None:
        with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel, pytest.raises(UnreadablePayload):
            channel.parse(body, received_at=AT)


@pytest.mark.parametrize("network", [network for network in networks() if network not in WEBHOOKS])
def test_a_network_without_a_wire_takes_no_calls(network: str) -> None:
    call = WebhookRequest(method="POST", query={}, headers={}, body=b"{}")

    with CONTRACTS[network].situations[Situation.ACCEPTS]() as channel:
        with pytest.raises(BadSignature):
            channel.verify(call)
        with pytest.raises(ChannelError):
            channel.handshake(call)
        with pytest.raises(UnreadablePayload):
            channel.parse(b"{}", received_at=AT)
