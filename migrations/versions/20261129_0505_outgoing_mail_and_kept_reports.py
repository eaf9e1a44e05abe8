"""outgoing mail and kept reports

Revision ID: b7d2c94e0a31
Revises: a41f0c7b6e15
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b7d2c94e0a31"
down_revision = "a41f0c7b6e15"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("attachment_name", sa.String(), nullable=False),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("not_before", _INSTANT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
    )
    op.create_index(
        "ix_outgoing_mail_not_before",
        "outgoing_mail",
        ["not_before"],
        postgresql_where=sa.text("not_before IS NOT NULL"),
    )
    op.create_table(
        "saved_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("next_at", _INSTANT, nullable=True),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("link_expires_at", _INSTANT, nullable=True),
        sa.CheckConstraint("every IN ('', 'day', 'week', 'month')", name=op.f("ck_saved_report_every_is_known")),
        sa.ForeignKeyConstraint(["owner_id"], ["agent.id"], name=op.f("fk_saved_report_owner_id")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_saved_report_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_saved_report_team_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_report")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_saved_report_token_hash")),
    )
    op.create_index("ix_saved_report_owner_id", "saved_report", ["owner_id"])
    op.create_index(
        "ix_saved_report_next_at", "saved_report", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("saved_report")
    op.drop_table("outgoing_mail")
