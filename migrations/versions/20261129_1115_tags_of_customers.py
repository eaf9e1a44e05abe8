"""tags of customers

Revision ID: e58c02d7a914
Revises: d41b7e6c9f20
"""

import sqlalchemy as sa
from alembic import op

revision = "e58c02d7a914"
down_revision = "d41b7e6c9f20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_tag",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_customer_tag_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_customer_tag_tag_id"),
        sa.PrimaryKeyConstraint("contact_id", "tag_id", name="pk_customer_tag"),
    )
    op.create_index("ix_customer_tag_tag_id", "customer_tag", ["tag_id"])


def downgrade() -> None:
    op.drop_table("customer_tag")
