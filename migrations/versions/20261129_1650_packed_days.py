"""packed days

Revision ID: f3a96c1d7b54
Revises: e58c02d7a914
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "f3a96c1d7b54"
down_revision = "e58c02d7a914"
branch_labels = None
depends_on = None


def _distinct(columns: Sequence[str]) -> str:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
    return f"({old}) is distinct from ({new})"


_PLACE = ("team_id", "account_id")
_HAS_MOVED = _distinct(_PLACE)
_PACKED = (
    *("started_at", "stopped_at", "due_at", "superseded_at", "target_seconds", "business_seconds"),
    *("stopped_by_message_id", "stopped_by_agent_id"),
)
"""What of a clock is packed, or decides what is."""

# A day that has not ended is never packed, so what ends today need not be noted.
_OVER = "date_trunc('day', clock_timestamp(), 'UTC')"


def _note(subject: str, ends: str) -> str:
    days = f"select distinct '{subject}', (ended_at at time zone 'UTC')::date from ({ends}) ends"  # noqa: S608
    return f"insert into changed_day (subject, day) {days} where ended_at < {_OVER};"


# How many answers a ticket took, and how often it was reopened or handed on, is packed with its resolution.
_OF_TICKET = "select c.stopped_at as ended_at from clock c where c.ticket_id = new.id"
_SPANS_OF_TICKET = "select h.ended_at from handling h where h.ticket_id = new.id"
_FUNCTIONS = {
    "note_days_of_new_clocks": _note(
        "intervals",
        "select a.stopped_at as ended_at from added a union all select c.stopped_at from clock c"
        " where c.kind = 'resolution'"
        " and c.ticket_id in (select a.ticket_id from added a where a.stopped_at is not null)",
    ),
    "note_days_of_clock": _note(
        "intervals",
        "select old.stopped_at as ended_at union all select new.stopped_at"
        " union all select c.stopped_at from clock c"
        " where c.kind = 'resolution' and c.ticket_id = coalesce(new.ticket_id, old.ticket_id)",
    ),
    "note_days_of_handling": _note("handling", "select old.ended_at as ended_at union all select new.ended_at"),
    "note_days_of_ticket": _note("intervals", f"{_OF_TICKET} and (c.kind = 'resolution' or {_HAS_MOVED})")
    + _note("handling", f"{_SPANS_OF_TICKET} and {_HAS_MOVED}"),
}

_TRIGGERS = (
    "create trigger note_days_of_new_clocks after insert on clock"
    " referencing new table as added for each statement execute function note_days_of_new_clocks()",
    "create trigger note_days_of_changed_clock after update on clock for each row"
    f" when ((old.stopped_at is not null or new.stopped_at is not null) and {_distinct(_PACKED)})"
    " execute function note_days_of_clock()",
    "create trigger note_days_of_removed_clock after delete on clock for each row"
    " when (old.stopped_at is not null) execute function note_days_of_clock()",
    "create trigger note_days_of_new_handling after insert on handling for each row"
    f" when (new.ended_at < {_OVER}) execute function note_days_of_handling()",
    "create trigger note_days_of_changed_handling after update on handling for each row"
    f" when (old.ended_at < {_OVER} or new.ended_at < {_OVER}) execute function note_days_of_handling()",
    "create trigger note_days_of_removed_handling after delete on handling for each row"
    f" when (old.ended_at < {_OVER}) execute function note_days_of_handling()",
    "create trigger note_days_of_ticket after update on ticket for each row"
    f" when ({_distinct((*_PLACE, 'reopened_count', 'transfer_count'))}) execute function note_days_of_ticket()",
)


def upgrade() -> None:
    op.create_table(
        "packed_day",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("layout", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "day", name="pk_packed_day"),
    )
    op.create_table(
        "changed_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changed_day"),
    )
    op.create_index("ix_changed_day_subject_day", "changed_day", ["subject", "day"])
    # Packed already, as far as that goes: to be read without being unpacked.
    op.execute("alter table packed_day alter column records set storage external")
    for name, body in _FUNCTIONS.items():
        op.execute(f"create function {name}() returns trigger language plpgsql as $$ begin {body} return null; end $$")
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for name in _FUNCTIONS:
        op.execute(f"drop function {name}() cascade")
    op.drop_table("changed_day")
    op.drop_table("packed_day")
