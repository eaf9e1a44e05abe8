"""The fault run's verdict notices when what keeps messages whole is taken away: each guard in turn, in a real stack.

Guards are taken out in the database, so that the programs that run are the very ones that are released.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.support.desk import Desk
from tests.support.fault_run import FaultRun, Plan

# Two of the same go in, as if nothing forbade it.
NO_UNIQUE_MESSAGES = """
    create function let_twins_in() returns trigger language plpgsql as $$ begin
        if exists (select from message m where m.conversation_id = new.conversation_id
                   and m.external_id = new.external_id) then
            new.external_id := new.external_id || '-' || new.id;
        end if;
        return new;
    end $$;
    create trigger let_twins_in before insert on message for each row execute function let_twins_in()
"""
NO_LEASE = """
    create function forget_lease() returns trigger language plpgsql as $$ begin
        if old.state = 'sending' and new.state = 'unknown' and new.reason like 'The worker stopped%' then
            new.state := 'queued';
        end if;
        return new;
    end $$;
    create trigger forget_lease before update on delivery for each row execute function forget_lease()
"""
NO_SWEEP = """
    create function never_sweep() returns trigger language plpgsql as $$ begin
        if new.name = 'sweep' then return null; end if;
        return new;
    end $$;
    create trigger never_sweep before insert or update on periodic_run for each row execute function never_sweep()
"""


# X's record, read meanwhile, would bring back what the missing guard loses.
RECORD_IS_READ_TOMORROW = """
    insert into channel_link (account_id, history_cursor, history_token, history_newest, history_due_at, history_words,
                              history_failures, webhook_id, webhook_is_valid, webhook_words)
    select id, '', '', '', now() + interval '1 day', '', 0, '', false, '' from channel_account where network = 'x'
    on conflict (account_id) do update set history_due_at = excluded.history_due_at, history_token = ''
"""


@pytest.fixture(autouse=True)
def nobody_reads_the_record(troubled_desk: Desk) -> None:
    _change(troubled_desk, RECORD_IS_READ_TOMORROW)


@contextmanager
def without(desk: Desk, guard: str, *, trigger: str, table: str) -> Iterator[None]:
    _change(desk, guard)
    try:
        yield
    finally:
        _change(desk, f"drop trigger {trigger} on {table}; drop function {trigger}()")


def _change(desk: Desk, statements: str) -> None:
    with psycopg.connect(desk.stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statements.encode())


def test_without_unique_messages_calls_made_again_are_seen_to_double_them(troubled_desk: Desk) -> None:
    run = FaultRun(Plan(messages=20, replies=0, customers=5, seconds=2, prefix="twin"), troubled_desk)
    before = len(troubled_desk.x.deliveries)

    with without(troubled_desk, NO_UNIQUE_MESSAGES, trigger="let_twins_in", table="message"):
        assert run.play() == []
        # Only now: two copies in one batch are one before the database is asked.
        for call in troubled_desk.x.deliveries[before:]:
            troubled_desk.x.deliver_bytes(call.body)
        run.settle()
        differences = run.differences()

    assert sum("was never written" in one for one in differences) == 20, differences


def test_with_the_constraint_itself_dropped_everything_is_seen_to_be_lost(troubled_desk: Desk) -> None:
    run = FaultRun(Plan(messages=5, replies=0, customers=5, seconds=1, prefix="unconstrained"), troubled_desk)
    (made,) = definition_of(troubled_desk, "uq_message_conversation_id_external_id")

    _change(troubled_desk, "drop index uq_message_conversation_id_external_id")
    try:
        differences = run.play()
    finally:
        _change(troubled_desk, f"{made}; delete from inbound_event where state = 'quarantined'")

    assert sum("is lost" in one for one in differences) == 5, differences
    assert any("are quarantined" in one for one in differences), differences


def definition_of(desk: Desk, index: str) -> list[str]:
    with psycopg.connect(desk.stack.env["DATABASE_URL"]) as connection:
        found = connection.execute("select indexdef from pg_indexes where indexname = %s", [index])
        return [str(row[0]) for row in found]


def test_without_leases_a_reply_is_seen_to_arrive_twice(troubled_desk: Desk) -> None:
    run = FaultRun(Plan(messages=2, replies=1, customers=1, seconds=1, prefix="leased"), troubled_desk)
    run.begin()
    run.customers_write()
    troubled_desk.x.echo = "none"
    troubled_desk.x.fail_next("hang")

    with without(troubled_desk, NO_LEASE, trigger="forget_lease", table="delivery"):
        run.answer_once("Is it sent?")
        troubled_desk.stack.wait_until(lambda: run.counts()["taken"])
        troubled_desk.stack.restart("worker")
        run.settle()

    troubled_desk.x.echo = "after"
    assert run.differences() == ["reply 'Is it sent?' reached the platform 2 times"]


def test_without_the_sweep_what_lost_its_bell_is_seen_to_wait_for_ever(troubled_desk: Desk) -> None:
    run = FaultRun(
        Plan(messages=10, replies=0, customers=5, seconds=1, settles_within=15, prefix="unswept"), troubled_desk
    )
    run.begin()

    with without(troubled_desk, NO_SWEEP, trigger="never_sweep", table="periodic_run"):
        troubled_desk.stack.freeze("worker")
        run.customers_write()
        troubled_desk.x.wait_until_quiet()
        run.flush()
        troubled_desk.stack.thaw("worker")
        run.settle()
        differences = run.differences()

    assert sum("is lost" in one for one in differences) == 10, differences

    # And with it back, nothing is.
    troubled_desk.stack.wait_until(lambda: not run.differences())
