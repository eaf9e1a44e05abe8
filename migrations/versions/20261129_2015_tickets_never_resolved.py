"""tickets closed without a resolve are found by when they were opened

Revision ID: a70d15c3be82
Revises: f3a96c1d7b54
"""

import sqlalchemy as sa
from alembic import op

revision = "a70d15c3be82"
down_revision = "f3a96c1d7b54"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ticket_never_resolved",
        "ticket",
        ["team_id", "opened_at"],
        postgresql_where=sa.text("status = 'closed' and resolved_at is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_never_resolved", "ticket")
