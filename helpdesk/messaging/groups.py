"""Groups on a network that has them: who joined and who left, whatever the order in which we hear of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from helpdesk.channels.port import InboundParticipation
from helpdesk.messaging import queries
from helpdesk.messaging.inbound import add_participants, ensure_identities
from helpdesk.messaging.models import ChannelAccount, Conversation, Participant, ParticipantRole
from helpdesk.orm import db


def note_participation(account: ChannelAccount, told: Sequence[InboundParticipation]) -> list[int]:
    """Take down who joined and left; the conversations that changed. A group that is new is made."""
    if not told:
        return []
    begun = {event.conversation_key: event.at for event in sorted(told, key=lambda event: event.at, reverse=True)}
    conversation_ids = _lock_groups(account, begun)
    people = {person.external_id: person for event in told for person in event.people}
    people.pop(account.external_id, None)
    identity_ids = ensure_identities(account.network, people.values()) | {account.external_id: account.identity_id}
    for event in sorted(told, key=lambda event: event.at):
        conversation_id = conversation_ids[event.conversation_key]
        for person in event.people:
            _note(conversation_id, identity_ids[person.external_id], event, is_brand=person.external_id not in people)
    return sorted(conversation_ids.values())


def _lock_groups(account: ChannelAccount, begun: Mapping[str, datetime]) -> dict[str, int]:
    made = db.session.execute(
        insert(Conversation)
        .on_conflict_do_nothing(index_elements=["account_id", "external_key"])
        .returning(Conversation.id, Conversation.external_key),
        [
            {"network": account.network, "account_id": account.id, "external_key": key, "kind": "group"}
            for key in sorted(begun)
        ],
    ).all()
    add_participants([(row.id, account.identity_id, ParticipantRole.BRAND, begun[row.external_key]) for row in made])
    return queries.lock_conversations(account.id, begun)


def _note(conversation_id: int, identity_id: int, event: InboundParticipation, *, is_brand: bool) -> None:
    """The latest word counts: who joined again after leaving takes part, who left after joining does not."""
    row = insert(Participant).values(
        conversation_id=conversation_id,
        identity_id=identity_id,
        role=ParticipantRole.BRAND if is_brand else ParticipantRole.CUSTOMER,
        joined_at=event.at,
        left_at=None if event.has_joined else event.at,
    )
    is_news = (Participant.joined_at <= event.at) & or_(Participant.left_at.is_(None), Participant.left_at <= event.at)
    changed = {"joined_at": event.at, "left_at": None} if event.has_joined else {"left_at": event.at}
    db.session.execute(
        row.on_conflict_do_update(index_elements=["conversation_id", "identity_id"], set_=changed, where=is_news)
    )
