"""kept reports of one priority or tag

Revision ID: c94f15e7a0b2
Revises: b82e04d6f9a1
"""

import sqlalchemy as sa
from alembic import op

revision = "c94f15e7a0b2"
down_revision = "b82e04d6f9a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Processes of the release before keep reports without them: of every priority and tag.
    for name in ("priority", "tag"):
        op.add_column("saved_report", sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("saved_report", "tag")
    op.drop_column("saved_report", "priority")
