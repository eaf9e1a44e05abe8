"""Which notices the native network's members hear. Ids of rows stay in the house: subjects carry public ids."""

from collections.abc import Iterable
from uuid import UUID

from helpdesk.live.notices import Notice, notify_after_commit


def conversation_subject(public_id: UUID) -> str:
    return f"conversation-{public_id}"


def typing_subject(public_id: UUID) -> str:
    return f"typing-{public_id}"


def tell_members(public_id: UUID, identity_ids: Iterable[int]) -> None:
    """Something in this conversation changed that its members see: words, a state, how far somebody has read."""
    subjects = (conversation_subject(public_id), "inbox")
    notify_after_commit(Notice(subjects=subjects, identity_ids=tuple(sorted(identity_ids))))


def tell_typing(public_id: UUID, identity_ids: Iterable[int]) -> None:
    """Somebody began to write."""
    notify_after_commit(Notice(subjects=(typing_subject(public_id),), identity_ids=tuple(sorted(identity_ids))))
