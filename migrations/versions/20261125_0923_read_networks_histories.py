"""read networks' histories

Revision ID: 0827942c3289
Revises: 680a0733a1c4
"""

import sqlalchemy as sa
from alembic import op

revision = "0827942c3289"
down_revision = "680a0733a1c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_link",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("history_cursor", sa.String(), nullable=False),
        sa.Column("history_token", sa.String(), nullable=False),
        sa.Column("history_newest", sa.String(), nullable=False),
        sa.Column("history_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("history_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("history_words", sa.String(), nullable=False),
        sa.Column("history_failures", sa.BigInteger(), nullable=False),
        sa.Column("reads_remaining", sa.BigInteger(), nullable=True),
        sa.Column("reads_reset_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lookups_remaining", sa.BigInteger(), nullable=True),
        sa.Column("lookups_reset_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("webhook_is_valid", sa.Boolean(), nullable=False),
        sa.Column("webhook_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_channel_link_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_channel_link")),
    )
    op.create_table(
        "delivery_lookup",
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_delivery_lookup_account_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_lookup_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery_lookup")),
    )
    op.create_index(
        "ix_delivery_lookup_due",
        "delivery_lookup",
        ["account_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("not is_over"),
    )
    # With a default that is a constant, no row is written anew.
    for table in ("inbound_event", "message"):
        op.add_column(table, sa.Column("is_backfilled", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    for table in ("message", "inbound_event"):
        op.drop_column(table, "is_backfilled")
    op.drop_table("delivery_lookup")
    op.drop_table("channel_link")
