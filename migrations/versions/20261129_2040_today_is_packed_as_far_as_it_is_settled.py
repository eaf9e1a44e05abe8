"""today is packed as far as it is settled

Revision ID: b82e04d6f9a1
Revises: a70d15c3be82
"""

import sqlalchemy as sa
from alembic import op

revision = "b82e04d6f9a1"
down_revision = "a70d15c3be82"
branch_labels = None
depends_on = None

_DAY_IS_OVER = "date_trunc('day', clock_timestamp(), 'UTC')"
# What ended less long ago is not packed yet (packed_queries.py), so it need not be noted.
_IS_LONG_AGO = "(clock_timestamp() - interval '10 minutes')"

_FUNCTIONS = ("note_days_of_new_clocks", "note_days_of_clock", "note_days_of_handling", "note_days_of_ticket")


def _note_what_ended_before(bound: str, *, instead_of: str) -> None:
    """Days are noted by functions of an earlier migration, and three of their triggers look first."""
    connection = op.get_bind()
    for name in _FUNCTIONS:
        found = sa.text("select pg_get_functiondef(to_regproc(:name))")
        definition = connection.execute(found, {"name": name}).scalar_one()
        if instead_of not in definition:
            raise RuntimeError(f"{name} is not as it was made")
        connection.exec_driver_sql(definition.replace(instead_of, bound))
    for name, change, when in (
        ("note_days_of_new_handling", "insert", f"new.ended_at < {bound}"),
        ("note_days_of_changed_handling", "update", f"old.ended_at < {bound} or new.ended_at < {bound}"),
        ("note_days_of_removed_handling", "delete", f"old.ended_at < {bound}"),
    ):
        op.execute(f"drop trigger {name} on handling")
        op.execute(
            f"create trigger {name} after {change} on handling for each row when ({when})"
            " execute function note_days_of_handling()"
        )


def upgrade() -> None:
    op.add_column("packed_day", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.execute("update packed_day set until = (day + 1)::timestamp at time zone 'UTC'")
    op.alter_column("packed_day", "until", nullable=False)
    _note_what_ended_before(_IS_LONG_AGO, instead_of=_DAY_IS_OVER)


def downgrade() -> None:
    # Of a day that is not over nothing may stay packed.
    op.execute("delete from packed_day where until < (day + 1)::timestamp at time zone 'UTC'")
    op.drop_column("packed_day", "until")
    _note_what_ended_before(_DAY_IS_OVER, instead_of=_IS_LONG_AGO)
