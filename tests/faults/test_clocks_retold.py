"""The oracle of clocks, by hand."""

from datetime import datetime, timedelta

from tests.support.clocks_retold import AN_INSTANT, Interval, Said, retold


def customer(number: int, at: datetime, *, heard_at: datetime | None = None) -> Said:
    return Said(id=number, is_ours=False, sent_at=at, heard_at=heard_at or at)


def reply(number: int, at: datetime, *, has_failed: bool = False) -> Said:
    return Said(id=number, is_ours=True, sent_at=at, heard_at=at, has_failed=has_failed)


def test_turns_begin_with_the_customer_and_end_with_us(at: datetime) -> None:
    m = timedelta(minutes=1)
    said = [customer(1, at), customer(2, at + m), reply(3, at + 2 * m), reply(4, at + 3 * m), customer(5, at + 4 * m)]

    assert retold(said) == [
        Interval("first_response", at, at + 2 * m, 3),
        Interval("next_response", at + 4 * m, None, None),
        Interval("resolution", at, None, None),
    ]


def test_what_came_late_counts_from_when_it_was_heard_if_we_had_answered(at: datetime) -> None:
    m = timedelta(minutes=1)
    said = [customer(1, at), reply(2, at + 2 * m), customer(3, at + m, heard_at=at + 5 * m)]

    assert retold(said)[1] == Interval("next_response", at + 5 * m, None, None)


def test_what_was_heard_before_our_answer_and_filed_after_it_counts_from_the_answer(at: datetime) -> None:
    m = timedelta(minutes=1)
    said = [customer(1, at), reply(2, at + 3 * m), customer(3, at + m, heard_at=at + 2 * m)]

    assert retold(said)[1] == Interval("next_response", at + 3 * m + AN_INSTANT, None, None)


def test_a_reply_that_never_arrived_ended_nothing(at: datetime) -> None:
    m = timedelta(minutes=1)

    assert retold([customer(1, at), reply(2, at + m, has_failed=True), customer(3, at + 2 * m)])[:-1] == [
        Interval("first_response", at, None, None)
    ]


def test_of_two_agents_at_once_the_one_who_submitted_first_ends_the_turn(at: datetime) -> None:
    m = timedelta(minutes=1)

    assert retold([customer(1, at), reply(2, at + 2 * m), reply(3, at + m)])[0] == Interval(
        "first_response", at, at + m, 3
    )
