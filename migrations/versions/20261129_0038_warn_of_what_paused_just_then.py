"""warn of what paused just then

Revision ID: 5c1e7a90d3b2
Revises: 89b398bf2045
"""

import sqlalchemy as sa
from alembic import op

revision = "5c1e7a90d3b2"
down_revision = "89b398bf2045"
branch_labels = None
depends_on = None

_UNFIRED = (
    "superseded_at IS NULL AND next_warn_at IS NOT NULL"
    " AND (stopped_at IS NULL OR stopped_at {sign} next_warn_at) AND (paused_at IS NULL OR paused_at {sign} next_warn_at)"
)


def upgrade() -> None:
    _make_index(">=")


def downgrade() -> None:
    _make_index(">")


def _make_index(sign: str) -> None:
    op.drop_index("ix_clock_unfired_warning", table_name="clock")
    op.create_index(
        "ix_clock_unfired_warning",
        "clock",
        ["next_warn_at"],
        unique=False,
        postgresql_where=sa.text(_UNFIRED.format(sign=sign)),
    )
