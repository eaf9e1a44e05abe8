"""One brand on X with a team and an agent, planted by the product's own verbs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask

from benchmarks.x_calls import ACCESS_TOKEN, BRAND_ON_X, CONSUMER_SECRET
from helpdesk.messaging.connecting import add_channel_account
from helpdesk.messaging.partitions import ensure as ensure_partitions
from helpdesk.orm import db
from helpdesk.people import staff
from helpdesk.people.models import Role
from helpdesk.sla.defaults import publish_defaults
from helpdesk.transaction import transaction


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Ids of what was planted."""

    account_id: int
    agent_id: int

    @property
    def webhook_path(self) -> str:
        return f"/webhooks/x/{self.account_id}"


def plant(app: Flask) -> Desk:
    at = datetime.now(UTC)
    with app.app_context():
        with transaction():
            ensure_partitions(at)
            brand = staff.add_brand(handle="larkpost", name="Larkpost", time_zone="Europe/London")
            team = staff.add_team(brand, name="Support")
            db.session.flush()
            publish_defaults(brand.id, at=at - timedelta(days=365))
            agent = staff.add_agent(email="amal@example.org", name="Amal Haddad", role=Role.AGENT, teams=[team])
            account = add_channel_account(
                brand,
                network="x",
                external_id=BRAND_ON_X,
                handle="larkpost",
                team=team,
                credentials={"consumer_secret": CONSUMER_SECRET, "access_token": ACCESS_TOKEN},
                secret_key=app.config["SECRET_KEY"],
            )
            db.session.flush()
            desk = Desk(account_id=account.id, agent_id=agent.id)
        db.session.remove()
        db.engine.dispose()
    return desk
