"""alerts

Revision ID: d41b7e6c9f20
Revises: b7d2c94e0a31
"""

import sqlalchemy as sa
from alembic import op

revision = "d41b7e6c9f20"
down_revision = "b7d2c94e0a31"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_alert_agent_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_alert_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index("ix_alert_agent_id", "alert", ["agent_id", "id"])
    op.create_index("ix_alert_unseen", "alert", ["agent_id", "id"], postgresql_where=sa.text("seen_at IS NULL"))
    op.create_index("ix_alert_ticket_id", "alert", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("alert")
