"""note when a reply was retried

Revision ID: ac8d170c06b8
Revises: 8a51c0d7e2b4
"""

import sqlalchemy as sa
from alembic import op

revision = "ac8d170c06b8"
down_revision = "8a51c0d7e2b4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("retried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("delivery", "retried_at")
