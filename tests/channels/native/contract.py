from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk.channels.port import Accepted, Channel, Connection, OutboundMessage, OutcomeUnknown
from helpdesk.channels.registry import open_channel
from tests.channels.contract import Contract, Situation


def _delivered(message: OutboundMessage) -> Accepted:
    return Accepted(external_id=f"n-{message.client_key}", conversation_key=message.conversation_key, is_delivered=True)


def _lost(message: OutboundMessage) -> Accepted:
    raise OutcomeUnknown("the sink did not answer")


@contextmanager
def _accepting() -> Iterator[Channel]:
    yield open_channel("native", Connection(external_id="brand", credentials={}, sink=_delivered))


@contextmanager
def _losing() -> Iterator[Channel]:
    yield open_channel("native", Connection(external_id="brand", credentials={}, sink=_lost))


CONTRACT = Contract(
    recipient_external_id="dana",
    conversation_key="cnv-1",
    situations={Situation.ACCEPTS: _accepting, Situation.HANGS_UP: _losing},
)
