"""Groups on the made-up X: X tells of them only when it is asked (`GET /2/dm_events`)."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from helpdesk import clock
from helpdesk.simulator.x_world import Medium, World

Kind = Literal["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"]


@dataclass(frozen=True, kw_only=True)
class GroupEvent:
    """Something that happened in a group; `people` joined or left."""

    id: str
    kind: Kind
    group_id: str
    actor_id: str
    created_at: datetime
    text: str = ""
    people: tuple[str, ...] = ()
    medium: Medium | None = None


class Groups:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._members: dict[str, set[str]] = {}
        self._events: list[GroupEvent] = []

    def make(self, usernames: Sequence[str], *, at: datetime | None = None) -> str:
        """A group of the brand and these customers, who have just joined; → its id."""
        group_id = self._world.ids.next()
        people = tuple(self._world.customer(name).id for name in usernames)
        with self._lock:
            self._members[group_id] = {self._world.brand.id, *people}
        self._note("ParticipantsJoin", group_id, self._world.brand.id, people=people, at=at)
        return group_id

    def write(
        self, group_id: str, sender_id: str, text: str, medium: Medium | None = None, *, at: datetime | None = None
    ) -> GroupEvent:
        """Raises KeyError for a group that is not there, or has no such member."""
        with self._lock:
            if sender_id not in self._members[group_id]:
                raise KeyError(sender_id)
        return self._note("MessageCreate", group_id, sender_id, text=text, medium=medium, at=at)

    def leave(self, group_id: str, username: str, *, at: datetime | None = None) -> GroupEvent:
        person = self._world.customer(username).id
        with self._lock:
            self._members[group_id].discard(person)
        return self._note("ParticipantsLeave", group_id, person, people=(person,), at=at)

    def has(self, group_id: str, member_id: str) -> bool:
        with self._lock:
            return member_id in self._members.get(group_id, set())

    def events(self, group_id: str = "") -> list[GroupEvent]:
        with self._lock:
            return [event for event in self._events if group_id in ("", event.group_id)]

    def _note(
        self,
        kind: Kind,
        group_id: str,
        actor_id: str,
        *,
        text: str = "",
        people: tuple[str, ...] = (),
        medium: Medium | None = None,
        at: datetime | None = None,
    ) -> GroupEvent:
        event = GroupEvent(
            id=self._world.ids.next(),
            kind=kind,
            group_id=group_id,
            actor_id=actor_id,
            created_at=(at or clock.now()).astimezone(UTC),
            text=text,
            people=people,
            medium=medium,
        )
        with self._lock:
            self._events.append(event)
        return event
