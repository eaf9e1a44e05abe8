"""handle time and transfers

Revision ID: a41f0c7b6e15
Revises: 5c1e7a90d3b2
"""

import sqlalchemy as sa
from alembic import op

revision = "a41f0c7b6e15"
down_revision = "5c1e7a90d3b2"
branch_labels = None
depends_on = None

# An assignment is a transfer where the one before it, with no putting back in between, was to somebody too.
_COUNT_TRANSFERS = """
update ticket set transfer_count = counted.n
from (
  select ticket_id, count(*) filter (where kind = 'team' or (kind = 'assigned' and before = 'assigned')) as n
  from (
    select ticket_id, kind, lag(kind) over (partition by ticket_id, kind = 'team' order by id) as before
    from timeline_event
    where kind in ('assigned', 'unassigned', 'team')
  ) moves
  group by ticket_id
) counted
where counted.ticket_id = ticket.id and counted.n > 0
"""


def upgrade() -> None:
    op.add_column("ticket", sa.Column("transfer_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.execute(_COUNT_TRANSFERS)
    op.create_index(
        "ix_ticket_team_resolved",
        "ticket",
        ["team_id", "resolved_at"],
        postgresql_where=sa.text("resolved_at is not null"),
    )
    op.create_table(
        "handling",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_handling_ends_after_its_start")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_handling_ticket_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_handling_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling")),
    )
    op.create_index("ix_handling_agent_id", "handling", ["agent_id", "ended_at"])
    op.create_index("ix_handling_ended_at", "handling", ["ended_at"])
    op.create_index("ix_handling_ticket_id", "handling", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("handling")
    op.drop_index("ix_ticket_team_resolved", table_name="ticket")
    op.drop_column("ticket", "transfer_count")
