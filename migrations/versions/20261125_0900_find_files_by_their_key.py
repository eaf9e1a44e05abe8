"""find files by their key

Revision ID: 51801aeacb18
Revises: ac8d170c06b8
"""

from alembic import op

revision = "51801aeacb18"
down_revision = "ac8d170c06b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_file_storage_key"), "file", ["storage_key"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_file_storage_key"), table_name="file")
