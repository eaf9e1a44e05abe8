"""send later and know the day's quota

Revision ID: bdd8a2473071
Revises: 51801aeacb18
"""

import sqlalchemy as sa
from alembic import op

revision = "bdd8a2473071"
down_revision = "51801aeacb18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brand", sa.Column("undo_seconds", sa.BigInteger(), server_default=sa.text("8"), nullable=False))
    op.add_column("channel_account", sa.Column("quota_window_seconds", sa.BigInteger(), nullable=True))
    op.add_column("channel_account", sa.Column("day_quota_limit", sa.BigInteger(), nullable=True))
    op.add_column("channel_account", sa.Column("day_quota_remaining", sa.BigInteger(), nullable=True))
    op.add_column("channel_account", sa.Column("day_quota_resets_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "delivery", sa.Column("awaits_release", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("delivery", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("is_taken_back", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("delivery", sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_delivery_undelivered",
        "delivery",
        ["account_id", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('failed', 'unknown')"),
    )
    op.create_index(
        "ix_delivery_send_later",
        "delivery",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' and awaits_release"),
    )
    op.create_index(
        "ix_delivery_to_release",
        "delivery",
        ["account_id", "not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' and awaits_release and held_at is null"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_delivery_to_release",
        table_name="delivery",
        postgresql_where=sa.text("state = 'queued' and awaits_release and held_at is null"),
    )
    op.drop_index(
        "ix_delivery_send_later", table_name="delivery", postgresql_where=sa.text("state = 'queued' and awaits_release")
    )
    op.drop_index(
        "ix_delivery_undelivered", table_name="delivery", postgresql_where=sa.text("state in ('failed', 'unknown')")
    )
    op.drop_column("delivery", "expected_at")
    op.drop_column("delivery", "is_taken_back")
    op.drop_column("delivery", "held_at")
    op.drop_column("delivery", "awaits_release")
    op.drop_column("channel_account", "day_quota_resets_at")
    op.drop_column("channel_account", "day_quota_remaining")
    op.drop_column("channel_account", "day_quota_limit")
    op.drop_column("channel_account", "quota_window_seconds")
    op.drop_column("brand", "undo_seconds")
