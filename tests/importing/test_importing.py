"""What a file comes to: messages, tickets and clocks, the same whenever and however often it is read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.importing import reading, running
from helpdesk.importing.models import HistoryImport, HistoryLine
from helpdesk.importing.running import Wish, import_history
from helpdesk.messaging.models import ChannelAccount, Message, Part
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets import lifecycle, notes, queries
from helpdesk.tickets.models import Status, Tag, Ticket, TicketTag
from helpdesk.transaction import transaction
from tests.importing.conftest import NOW, Importing, lines_of, no_progress, reasons, says
from tests.support.cast import SECRET_KEY, Cast, dana_says, hear, larkpost_says_on_x, newest_ticket, standing

Told = tuple[str, datetime, datetime | None, bool, float | None]


def intervals(network: str) -> list[Told]:
    """Every interval on the network that ended: kind, start, end, whether by a message, and its business time."""
    rows = db.session.execute(
        select(
            Clock.kind,
            Clock.started_at,
            Clock.stopped_at,
            Clock.stopped_by_message_id.is_not(None),
            Clock.business_seconds,
        )
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .join(ChannelAccount, ChannelAccount.id == Ticket.account_id)
        .where(Clock.superseded_at.is_(None), Clock.stopped_at.is_not(None), ChannelAccount.network == network)
    ).all()
    return sorted((row[0].value, row[1], row[2], row[3], row[4]) for row in rows)


def tickets() -> list[Ticket]:
    return list(db.session.scalars(select(Ticket).order_by(Ticket.opened_at)))


def everything() -> dict[str, Any]:
    """All that an import has made, without ids."""
    said = db.session.execute(
        select(Message.external_id, Message.platform_time, Message.direction, Part.text)
        .join(Part, Part.message_id == Message.id)
        .order_by(Message.platform_time, Message.external_id)
    ).all()
    return {
        "said": [tuple(row) for row in said],
        "intervals": intervals("imported"),
        "tickets": [(t.opened_at, t.resolved_at, t.reopened_count, t.team_id, t.priority) for t in tickets()],
    }


def test_a_conversation_becomes_a_closed_ticket_with_its_times(cast: Cast, import_lines: Importing) -> None:
    run = import_lines(
        says(
            "c1", "2025-03-03T09:00:00Z", customer="dana", customer_name="Dana Okafor", tags=["#Late"], team="Returns"
        ),
        says("c1", "2025-03-03T09:04:30Z", "On its way", direction="out", author="Amal@example.org"),
        says("c1", "2025-03-03T09:30:00Z", "And when?", priority="high"),
        says("c1", "2025-03-03T10:00:00Z", "Thursday", direction="out", author="Somebody Gone"),
        {"conversation": "c1", "at": "2025-03-03T11:00:00Z", "kind": "resolved", "author": "amal@example.org"},
        says("c1", "2025-03-03T11:05:00Z", "thanks!"),
    )

    assert (run.messages, run.tickets, run.refused) == (5, 1, 0)
    [ticket] = tickets()
    assert (ticket.status, ticket.team_id, ticket.priority) == (Status.CLOSED, cast.returns.id, 3)
    assert (ticket.assignee_id, ticket.resolved_by_agent_id) == (cast.amal.id, cast.amal.id)
    assert db.session.scalars(select(Tag.name).join(TicketTag, TicketTag.tag_id == Tag.id)).all() == ["late"]
    found = {clock.kind: clock for clock in db.session.scalars(select(Clock))}
    took = {kind: clock.stopped_at - clock.started_at for kind, clock in found.items() if clock.stopped_at}
    assert took == {
        ClockKind.FIRST_RESPONSE: timedelta(minutes=4, seconds=30),
        ClockKind.NEXT_RESPONSE: timedelta(minutes=30),
        ClockKind.RESOLUTION: timedelta(hours=2),
    }
    assert found[ClockKind.FIRST_RESPONSE].stopped_by_agent_id == cast.amal.id
    assert found[ClockKind.NEXT_RESPONSE].stopped_by_agent_id is None
    assert all(clock.due_at is None for clock in found.values()), "nothing was promised then"


def test_imported_and_live_traffic_have_the_same_times(cast: Cast, import_lines: Importing) -> None:
    """Random conversations, once played through the product's own verbs and once read from a file."""
    dice = Random(11)
    lines: list[dict[str, Any]] = []
    for number in range(25):
        at = NOW - timedelta(days=40) + timedelta(hours=dice.random() * 200)
        is_resolved = True
        for _ in range(dice.randint(3, 14)):
            what = dice.choice(["in", "in", "out", "resolved"]) if not is_resolved else dice.choice(["in", "thanks"])
            if what == "thanks" and not any(line["conversation"] == f"c{number}" for line in lines):
                what = "in"
            line = {"conversation": f"c{number}", "at": at.isoformat()}
            line |= {
                "in": {"direction": "in", "text": "Where is it?"},
                "thanks": {"direction": "in", "text": "thank you!"},
                "out": {"direction": "out", "text": "Under way"},
                "resolved": {"kind": "resolved", "author": "chidi@example.org"},
            }[what]
            lines.append(line)
            is_resolved = what == "resolved" or (what == "thanks" and is_resolved)
            longest = 6_000 if is_resolved else 2_000
            at += timedelta(minutes=dice.choice([2, 15, 90, longest]), seconds=dice.randint(0, 59))

    for line in sorted(lines, key=lambda one: one["at"]):
        customer, at = f"9{line['conversation'][1:]}", datetime.fromisoformat(line["at"])
        if line.get("kind") == "resolved":
            ticket = queries.lock_ticket(newest_of(customer).id, standing(cast.chidi), Act.MOVE)
            with transaction():
                lifecycle.resolve(ticket, by=cast.chidi, at=at)
        elif line["direction"] == "in":
            hear(cast.x, dana_says(line["text"], at=at, customer=customer))
        else:
            hear(cast.x, larkpost_says_on_x(line["text"], at=at, customer=customer))
    dice.shuffle(lines)
    import_lines(*lines)

    live = intervals("x")
    brought = intervals("imported")
    # What is open to this day live has no end; in a file that says nothing more, it ended without a reply.
    still_open = db.session.scalars(
        select(Clock.started_at).where(Clock.stopped_at.is_(None), Clock.kind != ClockKind.RESOLUTION)
    ).all()
    assert len(live) > 60
    assert [one for one in brought if one[3] or one[1] not in still_open] == live


def newest_of(customer: str) -> Ticket:
    from tests.metrics.history import newest_of as of

    return of(customer)


def test_running_it_twice_changes_nothing(import_lines: Importing) -> None:
    lines = [
        says("c1", "2025-03-03T09:00:00Z", id="m1"),
        says("c1", "2025-03-03T09:00:00Z", id="m2"),
        says("c2", "2025-03-03T09:00:00Z", "hello"),
        says("c2", "2025-03-03T09:00:00Z", "hello"),
        {"conversation": "c2", "at": "2025-03-03T11:00:00Z", "kind": "resolved"},
    ]
    import_lines(*lines)
    before = everything()

    again = import_lines(*lines)

    assert (again.messages, again.known, again.tickets, again.conversations, again.refused) == (0, 4, 0, 0, 0)
    assert everything() == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_parts_and_with_lines_in_any_order_it_comes_to_the_same(import_lines: Importing, seed: int) -> None:
    """A month exported in two files, an episode across the boundary, lines in no order."""
    dice = Random(seed)
    lines: list[dict[str, Any]] = []
    for number in range(6):
        at = datetime(2025, 3, 3, 9, tzinfo=UTC)
        for step in range(12):
            at += timedelta(minutes=dice.choice([1, 30, 500, 5_000]))
            what = dice.choice(["in", "in", "out", "resolved"])
            line = says(f"c{number}", at.isoformat(), direction=what, id=f"{number}-{step}", tags=[f"t{step}"])
            lines.append(
                {"conversation": f"c{number}", "at": at.isoformat(), "kind": "resolved"} if what == "resolved" else line
            )
    lines.sort(key=lambda line: line["at"])
    cut = len(lines) // 2
    for n, part in enumerate((lines[:cut], lines[cut:])):
        dice.shuffle(part)
        import_lines(*part, name=f"part{n}.jsonl")
    in_parts = everything()

    assert in_parts["tickets"]
    whole = told_at_once(lines)
    assert in_parts["intervals"] == whole


def told_at_once(lines: list[dict[str, Any]]) -> list[Told]:
    """The intervals that the rules make of all these lines, without a database."""
    from helpdesk.importing.folding import episodes_of
    from helpdesk.importing.records import Reading, understand
    from helpdesk.sla import timing
    from helpdesk.sla.defaults import opening_hours

    reading_ = Reading(brands={"larkpost": frozenset()}, brand="larkpost", zone=None, now=NOW)
    by_conversation: dict[str, list[Any]] = {}
    for line in lines:
        place, record = understand(line, reading_, is_text=False)
        by_conversation.setdefault(place.conversation, []).append(record)
    found: list[Told] = []
    for records in by_conversation.values():
        records.sort(key=lambda record: (record.at, record.direction == ""))
        for episode in episodes_of(records, reopen_time=timedelta(hours=72), until=NOW):
            for turn in episode.turns:
                assert turn.stopped_at is not None
                seconds = timing.run_time(turn.started_at, turn.stopped_at, opening_hours(), []).total_seconds()
                found.append((turn.kind.value, turn.started_at, turn.stopped_at, turn.reply is not None, seconds))
            if episode.resolved and episode.asked_at and episode.asked_at <= episode.resolved.at:
                pauses = [span for span in episode.pauses if span[0] >= episode.asked_at]
                seconds = timing.run_time(
                    episode.asked_at, episode.resolved.at, opening_hours(), pauses
                ).total_seconds()
                found.append(("resolution", episode.asked_at, episode.resolved.at, False, seconds))
    return sorted(found)


def test_what_people_have_worked_on_is_not_told_anew(cast: Cast, import_lines: Importing) -> None:
    import_lines(says("c1", "2025-03-03T09:00:00Z", id="m1"))
    [ticket] = tickets()
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.NOTE)
        notes.add_note(locked, "Look at this one", key="n1", by=cast.amal, at=NOW)

    run = import_lines(says("c1", "2025-03-03T09:10:00Z", id="m2"), says("c9", "2025-03-03T09:10:00Z", id="m2"))

    assert list(reasons(run)) == [1]
    assert "people have worked on" in reasons(run)[1]
    assert run.messages == 1
    assert ticket.id in [t.id for t in tickets()]


def test_one_id_with_two_texts_is_refused_where_it_comes_second(import_lines: Importing) -> None:
    run = import_lines(
        says("c1", "2025-03-03T09:00:00Z", "one", id="m1"), says("c1", "2025-03-03T09:05:00Z", "other", id="m1")
    )

    assert reasons(run) == {2: "message 'm1' of this conversation is there already, and says otherwise"}


def test_two_brands_in_one_conversation_have_a_ticket_each(cast: Cast, import_lines: Importing) -> None:
    import_lines(
        says("c1", "2025-03-03T09:00:00Z", brand="larkpost"),
        says("c1", "2025-03-03T09:01:00Z", brand="@Marlow"),
        says("c1", "2025-03-03T09:02:00Z", "Here", direction="out", brand="marlow"),
    )

    found = {ticket.brand_id: ticket.last_reply_at is not None for ticket in tickets()}
    assert len(found) == 2
    assert not found[cast.larkpost.id]


def test_times_of_several_zones_and_forms_are_one_instant(import_lines: Importing) -> None:
    from zoneinfo import ZoneInfo

    run = import_lines(
        says("c1", "2025-07-03T09:00:00", "a"),
        says("c2", "2025-07-03T09:00:00+02:00", "b"),
        says("c3", "2025-07-03T12:45:00", "c", zone="Asia/Kathmandu"),
        says("c4", "Thu Jul 03 07:00:00 +0000 2025", "d"),
        {**says("c5", "", "e"), "at": 1751526000},
        says("c6", "Thu, 03 Jul 2025 09:00:00 +0200", "f"),
        zone=ZoneInfo("Europe/Berlin"),
    )

    assert run.refused == 0
    assert {ticket.opened_at for ticket in tickets()} == {datetime(2025, 7, 3, 7, tzinfo=UTC)}


def test_entities_are_read_as_what_they_stand_for(import_lines: Importing) -> None:
    import_lines(says("c1", "2025-03-03T09:00:00Z", "Fish &amp; chips &lt;3"))
    assert db.session.scalars(select(Part.text)).all() == ["Fish & chips <3"]


def test_replies_whose_ids_are_in_another_order_than_their_times(import_lines: Importing) -> None:
    import_lines(
        says("c1", "2025-03-03T09:20:00Z", "second", direction="out", id=1),
        says("c1", "2025-03-03T09:00:00Z", "first", id=9),
        says("c1", "2025-03-03T09:10:00Z", "reply", direction="out", id=7),
    )

    [only] = [one for one in intervals("imported") if one[0] == "first_response"]
    assert only[2] == datetime(2025, 3, 3, 9, 10, tzinfo=UTC)
    said = db.session.scalars(select(Message.external_id).order_by(Message.id)).all()
    assert said == ["9", "7", "1"], "ids grow with time"


def test_silence_ends_an_episode_that_nobody_resolved(import_lines: Importing) -> None:
    import_lines(
        says("c1", "2025-03-03T09:00:00Z", id="1"),
        says("c1", "2025-03-03T09:10:00Z", "Yes", direction="out", id="2"),
        says("c1", "2025-03-06T09:10:01Z", "Something else", id="3"),
        says("c1", "2025-03-16T09:00:00Z", "Anybody?", id="4"),
    )

    assert [ticket.opened_at.day for ticket in tickets()] == [3, 6]
    unanswered = [one for one in intervals("imported") if not one[3]]
    # The customer waited from the 6th; 72 hours after the last word nobody expects an answer any more.
    assert [(one[1].day, one[2]) for one in unanswered] == [(6, datetime(2025, 3, 19, 9, tzinfo=UTC))]


def test_what_is_automatic_answers_nothing(import_lines: Importing) -> None:
    import_lines(
        says("c1", "2025-03-03T09:00:00Z"),
        says("c1", "2025-03-03T09:00:01Z", "We have got your message", direction="out", automatic=True),
        says("c1", "2025-03-03T09:40:00Z", "Here I am", direction="out"),
    )

    [only] = intervals("imported")
    assert only[2] == datetime(2025, 3, 3, 9, 40, tzinfo=UTC)


class Stopped(Exception):
    """Somebody pulled the plug."""


@pytest.mark.parametrize("phase", ["reading", "writing"])
@pytest.mark.parametrize("after", [1, 2])
def test_broken_off_it_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wish: Wish, phase: str, after: int
) -> None:
    monkeypatch.setattr(reading, "LINES_AT_ONCE", 20)
    monkeypatch.setattr(running, "MESSAGES_AT_ONCE", 20)
    lines = [
        says(f"c{n % 30}", f"2025-03-03T{9 + n // 60:02}:{n % 60:02}:00Z", str(n), direction="in" if n < 60 else "out")
        for n in range(120)
    ]
    path = tmp_path / "long.jsonl"
    path.write_text(lines_of([*lines, "", "no JSON"]))
    seen: list[str] = []

    def stop(now: str, _done: int, _total: int) -> None:
        seen.append(now)
        if seen.count(phase) == after and now == phase:
            raise Stopped

    with pytest.raises(Stopped):
        import_history(path, wish, by=None, at=NOW, secret_key=SECRET_KEY, progress=stop)
    db.session.remove()
    run = import_history(path, wish, by=None, at=NOW, secret_key=SECRET_KEY, progress=no_progress)

    assert db.session.scalars(select(func.count()).select_from(HistoryImport)).one() == 1
    assert (run.lines, run.messages, run.known, run.refused, run.tickets) == (121, 120, 0, 1, 30)
    assert db.session.scalars(select(func.count()).select_from(HistoryLine)).one() == 0
    assert run.finished_at is not None


def test_two_processes_with_one_file_do_not_write_it_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wish: Wish
) -> None:
    monkeypatch.setattr(reading, "LINES_AT_ONCE", 10)
    path = tmp_path / "long.jsonl"
    path.write_text(lines_of([says(f"c{n}", "2025-03-03T09:00:00Z") for n in range(40)]))

    def overtake(now: str, done: int, _total: int) -> None:
        if now == "reading" and done < path.stat().st_size / 2:
            import_history(path, wish, by=None, at=NOW, secret_key=SECRET_KEY, progress=no_progress)

    with pytest.raises(Conflict, match="imported already"):
        import_history(path, wish, by=None, at=NOW, secret_key=SECRET_KEY, progress=overtake)

    assert len(tickets()) == 40


def test_an_imported_conversation_is_written_to_a_thousand_messages_and_more(import_lines: Importing) -> None:
    start = datetime(2025, 3, 3, tzinfo=UTC)
    run = import_lines(
        *(
            says("c1", (start + timedelta(minutes=n)).isoformat(), str(n), direction=["in", "out"][n % 2])
            for n in range(6_000)
        )
    )
    assert (run.messages, run.tickets) == (6_000, 1)
    assert len(intervals("imported")) == 3_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"[{}]", "one object a line"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"\x00\x01\x02", "UTF-8"),
        (b"name;when\na;b\n", "does not name the column conversation"),
        (b"conversation,at,at\n", "twice"),
    ],
)
def test_what_is_no_history_file_is_refused_as_a_whole(tmp_path: Path, wish: Wish, content: bytes, reason: str) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=reason):
        import_history(path, wish, by=None, at=NOW, secret_key=SECRET_KEY, progress=no_progress)


def test_a_new_message_of_an_imported_customer_opens_a_ticket_of_its_own(cast: Cast, import_lines: Importing) -> None:
    import_lines(says("dm:7001-8002", "2026-11-22T09:00:00Z", customer="8002"))
    hear(cast.x, dana_says("Hello again", at=NOW))
    assert newest_ticket().status == Status.OPEN
    assert len(tickets()) == 2
