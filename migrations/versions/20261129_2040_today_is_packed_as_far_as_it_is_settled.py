"""today is packed as far as it is settled

Revision ID: b82e04d6f9a1
Revises: a70d15c3be82
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "b82e04d6f9a1"
down_revision = "a70d15c3be82"
branch_labels = None
depends_on = None

_DAY_IS_OVER = "date_trunc('day', clock_timestamp(), 'UTC')"
# What ended less long ago is not packed yet (packed_queries.py), so it need not be noted.
_IS_LONG_AGO = "clock_timestamp() - interval '10 minutes'"


def _distinct(columns: Sequence[str]) -> str:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
    return f"({old}) is distinct from ({new})"


_HAS_MOVED = _distinct(("team_id", "account_id"))


def _note(subject: str, ends: str, before: str) -> str:
    days = f"select distinct '{subject}', (ended_at at time zone 'UTC')::date from ({ends}) ends"  # noqa: S608
    return f"insert into changed_day (subject, day) {days} where ended_at < {before};"


def _note_what_ended(before: str) -> None:
    """The functions that note days, as they were but for the bound; and three triggers that look first."""
    of_ticket = "select c.stopped_at as ended_at from clock c where c.ticket_id = new.id"
    spans_of_ticket = "select h.ended_at from handling h where h.ticket_id = new.id"
    functions = {
        "note_days_of_new_clocks": _note(
            "intervals",
            "select a.stopped_at as ended_at from added a union all select c.stopped_at from clock c"
            " where c.kind = 'resolution'"
            " and c.ticket_id in (select a.ticket_id from added a where a.stopped_at is not null)",
            before,
        ),
        "note_days_of_clock": _note(
            "intervals",
            "select old.stopped_at as ended_at union all select new.stopped_at"
            " union all select c.stopped_at from clock c"
            " where c.kind = 'resolution' and c.ticket_id = coalesce(new.ticket_id, old.ticket_id)",
            before,
        ),
        "note_days_of_handling": _note(
            "handling", "select old.ended_at as ended_at union all select new.ended_at", before
        ),
        "note_days_of_ticket": _note("intervals", f"{of_ticket} and (c.kind = 'resolution' or {_HAS_MOVED})", before)
        + _note("handling", f"{spans_of_ticket} and {_HAS_MOVED}", before),
    }
    for name, body in functions.items():
        op.execute(
            f"create or replace function {name}() returns trigger language plpgsql"
            f" as $$ begin {body} return null; end $$"
        )
    for name, change, when in (
        ("note_days_of_new_handling", "insert", f"new.ended_at < {before}"),
        ("note_days_of_changed_handling", "update", f"old.ended_at < {before} or new.ended_at < {before}"),
        ("note_days_of_removed_handling", "delete", f"old.ended_at < {before}"),
    ):
        op.execute(f"drop trigger {name} on handling")
        op.execute(
            f"create trigger {name} after {change} on handling for each row when ({when})"
            " execute function note_days_of_handling()"
        )


def upgrade() -> None:
    # Processes of the release before write without it, in a layout that is not read any more.
    op.add_column(
        "packed_day",
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("'infinity'")),
    )
    _note_what_ended(_IS_LONG_AGO)


def downgrade() -> None:
    # Of a day that is not over nothing may stay packed.
    op.execute("delete from packed_day where until < (day + 1)::timestamp at time zone 'UTC'")
    op.drop_column("packed_day", "until")
    _note_what_ended(_DAY_IS_OVER)
