"""What is done by itself when a promise is nearly, or already, broken. What it is done to is the tickets' affair."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.orm import Json


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """`priority` is the word that the ticket's is raised to; "" and None: nothing of the kind is done.

    `alert_to` and `mail_to` are "assignee" (the leads of the ticket's team where nobody has it) or "leads" (everybody
    in the team where it has none).
    """

    priority: str = ""
    team_id: int | None = None
    agent_id: int | None = None
    tag: str = ""
    alert_to: str = ""
    mail_to: str = ""

    @property
    def is_nothing(self) -> bool:
        return self == NOTHING

    def but_for(self, other: "Escalation") -> "Escalation":
        """This, without telling those whom the other tells."""
        return replace(
            self,
            alert_to="" if self.alert_to == other.alert_to else self.alert_to,
            mail_to="" if self.mail_to == other.mail_to else self.mail_to,
        )

    def to_json(self) -> Json:
        given = {
            "priority": self.priority,
            "team_id": self.team_id,
            "agent_id": self.agent_id,
            "tag": self.tag,
            "alert_to": self.alert_to,
            "mail_to": self.mail_to,
        }
        return {name: value for name, value in given.items() if value}

    @classmethod
    def from_json(cls, escalation: Mapping[str, Any]) -> "Escalation":
        return cls(**escalation)


NOTHING = Escalation()


def to_actions(at_warning: Escalation, at_breach: Escalation) -> Json:
    """As a policy version keeps them."""
    given = {"warning": at_warning.to_json(), "breach": at_breach.to_json()}
    return {name: escalation for name, escalation in given.items() if escalation}


def from_actions(actions: Mapping[str, Any]) -> tuple[Escalation, Escalation]:
    """(at a warning, at a breach)."""
    return Escalation.from_json(actions.get("warning", {})), Escalation.from_json(actions.get("breach", {}))
