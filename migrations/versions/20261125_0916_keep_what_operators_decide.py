"""keep what operators decide about channels and events

Revision ID: 680a0733a1c4
Revises: bdd8a2473071
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "680a0733a1c4"
down_revision = "bdd8a2473071"
branch_labels = None
depends_on = None

STATES = "'received', 'processed', 'quarantined', 'unreadable'"


def upgrade() -> None:
    op.add_column("ticket_message", sa.Column("counts_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("refused_calls", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("channel_account", sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("channel_account", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("channel_account", sa.Column("paused_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_channel_account_paused_by_id"), "channel_account", "agent", ["paused_by_id"], ["id"])
    op.add_column("inbound_event", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbound_event", sa.Column("discarded_by_id", sa.BigInteger(), nullable=True))
    op.add_column("inbound_event", sa.Column("discard_reason", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_inbound_event_discarded",
        "inbound_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'discarded'"),
    )
    op.create_index(
        "ix_inbound_event_received_at",
        "inbound_event",
        ["received_at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )
    op.create_foreign_key(
        op.f("fk_inbound_event_discarded_by_id"), "inbound_event", "agent", ["discarded_by_id"], ["id"]
    )
    op.add_column(
        "parked_event",
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("parked_event", sa.Column("fingerprint", sa.String(), nullable=True))
    op.add_column("parked_event", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("parked_event", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("parked_event", sa.Column("discarded_by_id", sa.BigInteger(), nullable=True))
    op.add_column("parked_event", sa.Column("discard_reason", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_parked_event_set_aside",
        "parked_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("set_aside_at is not null"),
    )
    op.create_index(
        "ix_parked_event_waiting",
        "parked_event",
        ["parked_at"],
        unique=False,
        postgresql_where=sa.text("set_aside_at is null"),
    )
    op.create_index("uq_parked_event_fingerprint", "parked_event", ["account_id", "fingerprint"], unique=True)
    op.create_foreign_key(op.f("fk_parked_event_discarded_by_id"), "parked_event", "agent", ["discarded_by_id"], ["id"])
    op.drop_constraint(op.f("ck_inbound_event_state"), "inbound_event", type_="check")
    op.create_check_constraint(op.f("ck_inbound_event_state"), "inbound_event", f"state in ({STATES}, 'discarded')")


def downgrade() -> None:
    op.drop_column("ticket_message", "counts_from")
    op.drop_column("refused_calls", "last_at")
    op.execute("update inbound_event set state = 'quarantined' where state = 'discarded'")
    op.drop_constraint(op.f("ck_inbound_event_state"), "inbound_event", type_="check")
    op.create_check_constraint(op.f("ck_inbound_event_state"), "inbound_event", f"state in ({STATES})")
    op.drop_constraint(op.f("fk_parked_event_discarded_by_id"), "parked_event", type_="foreignkey")
    op.drop_index("uq_parked_event_fingerprint", table_name="parked_event")
    op.drop_index(
        "ix_parked_event_waiting", table_name="parked_event", postgresql_where=sa.text("set_aside_at is null")
    )
    op.drop_index(
        "ix_parked_event_set_aside", table_name="parked_event", postgresql_where=sa.text("set_aside_at is not null")
    )
    op.drop_column("parked_event", "discard_reason")
    op.drop_column("parked_event", "discarded_by_id")
    op.drop_column("parked_event", "discarded_at")
    op.drop_column("parked_event", "set_aside_at")
    op.drop_column("parked_event", "fingerprint")
    op.drop_column("parked_event", "details")
    op.drop_index("ix_inbound_event_received_at", table_name="inbound_event")
    op.drop_constraint(op.f("fk_inbound_event_discarded_by_id"), "inbound_event", type_="foreignkey")
    op.drop_index(
        "ix_inbound_event_discarded", table_name="inbound_event", postgresql_where=sa.text("state = 'discarded'")
    )
    op.drop_column("inbound_event", "discard_reason")
    op.drop_column("inbound_event", "discarded_by_id")
    op.drop_column("inbound_event", "discarded_at")
    op.drop_constraint(op.f("fk_channel_account_paused_by_id"), "channel_account", type_="foreignkey")
    op.drop_column("channel_account", "paused_by_id")
    op.drop_column("channel_account", "paused_at")
    op.drop_column("channel_account", "resumed_at")
