"""An agent decides as a worker claims, another agent decides, or the customer writes: one of two comes first, whole."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from helpdesk import clock
from helpdesk.errors import Conflict
from helpdesk.messaging import delivery_queries, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.people.queries import agent_by_email
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import sending_later, taking_back
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Draft
from helpdesk.transaction import transaction
from tests.support.cast import assemble, dana_says, hear, newest_ticket, reply, standing
from tests.tickets.test_intake_races import wait_until_somebody_waits_for_a_lock

MINUTE = timedelta(minutes=1)


class Race:
    """A reply that is free to go, and those who want something of it at once, each in a thread and a session."""

    def __init__(self, app: Flask, *, is_for_later: bool = False) -> None:
        self.app, self.at = app, clock.now() - 5 * MINUTE
        cast = assemble(at=self.at)
        self.account_id, self.brand_time = cast.x.id, self.at
        hear(cast.x, dana_says("My order never came", at=self.at))
        self.ticket_id, self.conversation_id = newest_ticket().id, newest_ticket().conversation_id
        if is_for_later:
            with transaction():
                locked = ticket_queries.lock_ticket(self.ticket_id, standing(cast.amal), Act.REPLY)
                sending_later.schedule_reply(
                    locked, "Hello", key="key", send_at=self.at + MINUTE, by=cast.amal, at=self.at
                )
        else:
            reply(newest_ticket(), "Hello", by=cast.amal, at=self.at)
        self.message_id = db.session.scalars(select(Delivery.message_id)).one()
        db.session.remove()

    def run(self, *parts: Callable[[], str]) -> list[str]:
        """Each part begins once the one before it waits for the conversation; then all are let go."""
        with ThreadPoolExecutor(len(parts)) as pool:
            with transaction():
                queries.lock_conversation(self.conversation_id)
                started: list[Future[str]] = []
                for number, part in enumerate(parts, start=1):
                    started.append(pool.submit(self._in_context, part))
                    self._wait_for_waiters(number)
            return [one.result() for one in started]

    def _in_context(self, part: Callable[[], str]) -> str:
        with self.app.app_context():
            try:
                return part()
            except Conflict as error:
                return str(error)

    def _wait_for_waiters(self, number: int) -> None:
        waiting = text(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        wait_until_somebody_waits_for_a_lock()
        ends = clock.now() + timedelta(seconds=10)
        while db.session.scalars(waiting).one() < number:
            assert clock.now() < ends, f"fewer than {number} wait"
            db.session.execute(text("select pg_stat_clear_snapshot(), pg_sleep(0.02)"))

    def claims(self) -> str:
        with transaction():
            account = db.session.get_one(ChannelAccount, self.account_id)
            return "claimed" if outbound.claim_heads(account, limit=20, at=queries.database_time()) else "nothing"

    def releases(self) -> str:
        with transaction():
            sending_later.release_due(self.account_id, at=queries.database_time())
        return "released"

    def undoes(self, email: str = "amal@example.org") -> str:
        with transaction():
            agent = self._agent(email)
            ticket = ticket_queries.lock_ticket(self.ticket_id, standing(agent), Act.REPLY)
            delivery = delivery_queries.lock_delivery_of(self.message_id)
            assert delivery is not None
            taking_back.take_back_reply(ticket, delivery, by=agent, at=clock.now())
        return "undone"

    def customer_writes(self) -> str:
        with transaction():
            account = db.session.get_one(ChannelAccount, self.account_id)
            take_in(account, [(clock.now(), dana_says("Never mind", at=self.at + MINUTE / 2))])
        return "written"

    def _agent(self, email: str) -> Agent:
        agent = agent_by_email(email)
        assert agent is not None
        return agent

    @property
    def delivery(self) -> Delivery:
        return db.session.scalars(select(Delivery)).one()

    def drafts(self) -> list[str]:
        return list(db.session.scalars(select(Draft.body)))

    def waits_since(self) -> datetime | None:
        return newest_ticket().waiting_since


def test_an_undo_that_comes_first_leaves_nothing_to_claim(committed: Flask) -> None:
    race = Race(committed)

    assert race.run(race.undoes, race.claims) == ["undone", "nothing"]
    assert (race.delivery.state, race.drafts(), race.waits_since()) == (
        DeliveryState.CANCELLED,
        ["Hello"],
        race.at,
    )


def test_an_undo_that_comes_second_is_refused_and_changes_nothing(committed: Flask) -> None:
    race = Race(committed)

    assert race.run(race.claims, race.undoes) == ["claimed", "Too late to take it back: it is on its way."]
    assert (race.delivery.state, race.drafts(), race.waits_since()) == (DeliveryState.SENDING, [], None)


def test_of_two_agents_who_undo_at_once_one_gets_the_words(committed: Flask) -> None:
    race = Race(committed)

    told = race.run(race.undoes, lambda: race.undoes("lena@example.org"))

    assert told == ["undone", "It has been taken back already."]
    assert race.drafts() == ["Hello"]


def test_two_workers_claim_it_once(committed: Flask) -> None:
    race = Race(committed)

    assert sorted(race.run(race.claims, race.claims)) == ["claimed", "nothing"]
    assert race.delivery.attempts == 1


@pytest.mark.parametrize("is_customer_first", [True, False])
def test_a_customer_who_writes_as_it_is_released_holds_it_or_comes_too_late(
    committed: Flask, is_customer_first: bool
) -> None:
    race = Race(committed, is_for_later=True)

    race.run(*((race.customer_writes, race.releases) if is_customer_first else (race.releases, race.customer_writes)))

    delivery = race.delivery
    if is_customer_first:
        assert (delivery.awaits_release, delivery.held_at is not None) == (True, True)
        assert race.waits_since() == race.at
    else:
        assert (delivery.awaits_release, delivery.held_at) == (False, None)
        assert newest_ticket().last_reply_at == race.at + MINUTE


def test_cancelling_as_it_is_released_ends_in_the_composer(committed: Flask) -> None:
    race = Race(committed, is_for_later=True)

    assert race.run(race.releases, race.undoes) == ["released", "undone"]
    assert (race.delivery.state, race.drafts(), race.waits_since()) == (
        DeliveryState.CANCELLED,
        ["Hello"],
        race.at,
    )
