import pytest

from helpdesk.channels.port import Connection
from helpdesk.channels.registry import UnknownNetwork, capabilities, networks, open_channel


def test_the_networks_are_named_in_order() -> None:
    assert networks() == ("native", "x")


def test_an_unknown_network_is_named_beside_those_that_there_are() -> None:
    with pytest.raises(UnknownNetwork, match="no network 'fax'; known are native, x"):
        open_channel("fax", Connection(external_id="1", credentials={}))


@pytest.mark.parametrize(
    ("network", "text_max", "attachments_max", "image_megabytes"), [("native", 10_000, 10, 25), ("x", 10_000, 1, 5)]
)
def test_a_networks_limits_are_known_without_an_account(
    network: str, text_max: int, attachments_max: int, image_megabytes: int
) -> None:
    limits = capabilities(network)

    assert (limits.text_max, limits.attachments_max) == (text_max, attachments_max)
    assert limits.image_max_bytes == image_megabytes * 1024 * 1024
