"""match echoes by an index

Revision ID: 7c1d90b35e42
Revises: 4fe3d1e838d0
"""

import sqlalchemy as sa
from alembic import op

revision = "7c1d90b35e42"
down_revision = "4fe3d1e838d0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_delivery_awaiting_echo",
        "delivery",
        ["conversation_id", "not_before", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('sending', 'unknown')"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_delivery_awaiting_echo", table_name="delivery", postgresql_where=sa.text("state in ('sending', 'unknown')")
    )
