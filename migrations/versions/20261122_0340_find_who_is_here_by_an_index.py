"""find who is here by an index

Revision ID: 7c1d90b35e42
Revises: 4fe3d1e838d0
"""

from alembic import op

revision = '7c1d90b35e42'
down_revision = '4fe3d1e838d0'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_presence_agent_id_seen_at', 'presence', ['agent_id', 'seen_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_presence_agent_id_seen_at', table_name='presence')
