"""A desk with years behind it, made in seconds: rows by generate_series, not by verbs.

Three brands with two channels and three teams each, ten agents a brand. Tickets are spread evenly over two years up
to `at`; all but the last 1.5 % are over. Each has a conversation of its own with up to four messages. Four in ten are
pending or snoozed after the first answer, so their resolution stands still: those that are over until the customer
wrote again.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

_STATEMENTS = (
    # People: brand b of 1..3, team t of 1..9 in brand (t-1)/3+1, agent a of 1..30 in team (a-1)%9+1.
    "insert into brand (id, handle, name, bio, time_zone, reopen_hours)"
    " select b, 'brand' || b, 'Brand ' || b, '', 'Europe/London', 72 from generate_series(1, 3) b",
    "insert into team (id, brand_id, name, is_open_to_all_agents)"
    " select t, (t - 1) / 3 + 1, 'Team ' || t, false from generate_series(1, 9) t",
    "insert into agent (id, email, name, role, session_version, is_active, time_zone, last_seen_at)"
    " select a, 'agent' || a || '@example.org', 'Agent ' || a, 'agent', 1, true, 'UTC',"
    " case when a % 2 = 1 then :at end from generate_series(1, 30) a",
    "insert into team_membership (agent_id, team_id) select a, (a - 1) % 9 + 1 from generate_series(1, 30) a",
    # Channels: account c of 1..6, brand (c-1)/2+1, odd native and even x; their identities come after the customers'.
    "insert into identity (id, contact_id, network, external_id, display_name, handle, avatar_url)"
    " select :n + c, null, case when c % 2 = 1 then 'native' else 'x' end, 'account-' || c, 'Brand', 'brand' || c, ''"
    " from generate_series(1, 6) c",
    "insert into channel_account (id, brand_id, team_id, identity_id, network, external_id, handle, credentials,"
    " health, health_reason) select c, (c - 1) / 2 + 1, ((c - 1) / 2) * 3 + 1, :n + c,"
    " case when c % 2 = 1 then 'native' else 'x' end, 'account-' || c, 'brand' || c, '', 'ok', ''"
    " from generate_series(1, 6) c",
    # One customer, contact and conversation for each ticket; ticket i comes in over account i % 6 + 1.
    "insert into contact (id, name) select i, 'Customer ' || i from generate_series(1, :n) i",
    "insert into identity (id, contact_id, network, external_id, display_name, handle, avatar_url)"
    " select i, i, case when i % 2 = 0 then 'native' else 'x' end, 'customer-' || i, 'Customer ' || i, 'c' || i, ''"
    " from generate_series(1, :n) i",
    "insert into conversation (id, public_id, network, account_id, external_key, kind, title, version, last_message_id,"
    " last_message_at) select i, gen_random_uuid(), case when i % 2 = 0 then 'native' else 'x' end, i % 6 + 1,"
    " 'key-' || i, 'direct', '', 4, case when is_over then 4 * i when is_pending then 4 * i - 2 else 4 * i - 3 end,"
    " opened_at + interval '2 hours' from plan",
    "insert into participant (conversation_id, identity_id, role) select i, i, 'customer' from plan",
    "insert into participant (conversation_id, identity_id, role) select i, :n + i % 6 + 1, 'brand' from plan",
    # Messages 4i-3 to 4i: in, out, in, out. What is open has the first, what is pending the first two.
    "insert into message (id, conversation_id, author_identity_id, author_agent_id, direction, origin, external_id,"
    " client_key, platform_time, received_at, released_at, version)"
    " select 4 * i - 4 + k, i, case when k % 2 = 1 then i else :n + i % 6 + 1 end,"
    " case when k % 2 = 0 then agent_id end, case when k % 2 = 1 then 'in' else 'out' end,"
    " case when k % 2 = 1 then 'customer' else 'desk_agent' end, 'm-' || i || '-' || k,"
    " case when k % 2 = 0 then 'k-' || i || '-' || k end, said_at, said_at, said_at, k"
    " from plan, lateral (values (1, opened_at), (2, answered_at), (3, asked_at), (4, replied_at)) v (k, said_at)"
    " where k = 1 or is_over or (k = 2 and is_pending)",
    "insert into part (message_id, position, kind, text, file_id, details)"
    " select id, 0, 'text', 'Where is my order number ' || id || '?', null, '{}' from message",
    "insert into delivery (id, message_id, conversation_id, account_id, state, not_before, attempts, failure, reason,"
    " is_passed, accepted_at) select id, id, conversation_id, conversation_id % 6 + 1,"
    " case when conversation_id > :n - 30 then 'queued' else 'read' end, platform_time, 1, '', '', false, platform_time"
    " from message where direction = 'out'",
    "insert into ticket (id, brand_id, conversation_id, account_id, customer_identity_id, team_id, assignee_id, status,"
    " priority, is_split, opened_at, updated_at, waiting_since, last_reply_at, due_at, resolved_at,"
    " resolved_by_agent_id, snoozed_until, reopened_count, matched)"
    " select i, brand_id, i, i % 6 + 1, i, team_id, case when i % 4 > 0 then agent_id end, status, 2, false, opened_at,"
    " coalesce(resolved_at, opened_at), case when status = 'open' then opened_at end,"
    " case when not is_open then answered_at end, case when status = 'open' then opened_at + interval '15 minutes' end,"
    " resolved_at, case when is_over then agent_id end,"
    " case when status = 'snoozed' then opened_at + interval '30 days' end, 0, 'rule 1' from plan",
    "insert into ticket_message (message_id, ticket_id) select id, conversation_id from message",
    # Clocks 3i-2 to 3i: first response, next response, resolution.
    "insert into clock (id, ticket_id, kind, matched, target_seconds, started_at, due_at, stopped_at,"
    " stopped_by_message_id, stopped_by_agent_id, held_by_agent_id, business_seconds)"
    " select 3 * i - 2, i, 'first_response', 'rule 1', 900, opened_at, opened_at + interval '15 minutes',"
    " case when not is_open then answered_at end, case when not is_open then 4 * i - 2 end,"
    " case when not is_open then agent_id end, null,"
    " case when not is_open then extract(epoch from answered_at - opened_at) end from plan",
    "insert into clock (id, ticket_id, kind, matched, target_seconds, started_at, due_at, stopped_at,"
    " stopped_by_message_id, stopped_by_agent_id, held_by_agent_id, business_seconds)"
    " select 3 * i - 1, i, 'next_response', 'rule 1', 1800, asked_at, asked_at + interval '30 minutes', replied_at,"
    " 4 * i, agent_id, null, extract(epoch from replied_at - asked_at) from plan where is_over",
    "insert into clock (id, ticket_id, kind, matched, target_seconds, started_at, due_at, paused_at, stopped_at,"
    " stopped_by_agent_id, held_by_agent_id, business_seconds)"
    " select 3 * i, i, 'resolution', 'rule 1', 86400, opened_at, opened_at + interval '1 day' + paused_for,"
    " case when is_pending then answered_at end, resolved_at, case when is_over then agent_id end, null,"
    " extract(epoch from resolved_at - opened_at - paused_for) from plan",
    "insert into clock_pause (clock_id, started_at, ended_at, reason)"
    " select 3 * i, answered_at, case when is_over then asked_at end, put_away from plan where put_away is not null",
    "insert into timeline_event (ticket_id, kind, agent_id, details, at)"
    " select i, kind, agent_id, '{}', at from plan,"
    " lateral (values ('opened', opened_at), ('replied', answered_at), ('resolved', resolved_at)) v (kind, at)"
    " where at is not null and (is_over or kind = 'opened')",
    "insert into presence (ticket_id, agent_id, seen_at) select i, agent_id, answered_at from plan where i % 2 = 0",
    "insert into presence (ticket_id, agent_id, seen_at) select a, a, :at from generate_series(1, 12, 2) a"
    " on conflict (ticket_id, agent_id) do update set seen_at = :at",
    "insert into handling (ticket_id, agent_id, started_at, ended_at)"
    " select i, agent_id, answered_at - make_interval(secs => 30 + i * 7919 % 240), answered_at from plan"
    " where is_over or is_pending",
    "insert into inbound_event (account_id, received_at, headers, body, body_hash, state, error)"
    " select i % 6 + 1, :at, '{}', 'raw', md5(i::text), case when i > :n - 20 then 'received' else 'processed' end, ''"
    " from plan",
)

_PLAN = """
create temporary table plan as
select i, (i % 6) / 2 + 1 as brand_id, ((i % 6) / 2) * 3 + i % 3 + 1 as team_id, i % 30 + 1 as agent_id,
       opened_at, is_over, status, status = 'open' as is_open, status in ('pending', 'snoozed') as is_pending,
       answered_at, asked_at, replied_at, put_away,
       case when is_over and put_away is not null then asked_at - answered_at else interval '0' end as paused_for,
       case when is_over then replied_at + interval '1 minute' end as resolved_at
from (
  select i, opened_at, put_away, i <= :n - :active as is_over,
         case when i > :n - :active then coalesce(put_away, 'open')
              when opened_at < :at - interval '4 days' then 'closed' else 'resolved' end as status,
         opened_at + make_interval(secs => 30 + i * 7919 % 3600) as answered_at,
         opened_at + make_interval(secs => 30 + i * 7919 % 3600 + 600) as asked_at,
         opened_at + make_interval(secs => 30 + i * 7919 % 3600 + 600 + 20 + i * 104729 % 5400) as replied_at
  from (select i, :at - interval '3 hours' - (:n - i) * (interval '730 days' / :n) as opened_at,
               case when i % 10 = 5 then 'snoozed' when i % 3 = 0 then 'pending' end as put_away
        from generate_series(1::bigint, :n) i) spread
) made
"""


def fill(engine: Engine, tickets: int = 100_000, *, active: int | None = None, at: datetime = AT) -> None:
    """Fill an empty, migrated database, and let the planner know what is in it; `active` tickets are not over."""
    with engine.begin() as connection:
        _trust(connection)
        # One statement writes a table: a million tickets take longer than any page may.
        connection.execute(text("set local statement_timeout = 0"))
        given = {"n": tickets, "at": at}
        connection.execute(text(_PLAN), given | {"active": tickets * 15 // 1000 if active is None else active})
        for statement in _STATEMENTS:
            asked = text(statement)
            connection.execute(asked, {name: given[name] for name in asked._bindparams})
        connection.execute(text("drop table plan"))
        _move_sequences(connection)
    vacuum(engine)


def vacuum(engine: Engine, table: str = "") -> None:
    """Let the planner know what is in the table, or in all of them, and which pages an index alone can answer for."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set statement_timeout = 0"))
        connection.execute(text(f"vacuum analyze {table}"))
        connection.execute(text("reset statement_timeout"))


def _trust(connection: Connection) -> None:
    """Foreign keys are not checked, where we may say so: it is most of the work."""
    if connection.execute(text("select current_setting('is_superuser')")).scalar_one() == "on":
        connection.execute(text("set local session_replication_role = replica"))


def _move_sequences(connection: Connection) -> None:
    """Ids were given; what is added later must not meet them."""
    owned = connection.execute(
        text(
            "select table_name, pg_get_serial_sequence(quote_ident(table_name), 'id') from information_schema.columns"
            " where table_schema = 'public' and column_name = 'id' and is_identity = 'YES'"
        )
    )
    for table, sequence in owned.all():
        if sequence is not None:
            connection.execute(text(f"select setval('{sequence}', (select coalesce(max(id), 0) + 1 from {table}))"))
