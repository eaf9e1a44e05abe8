import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from PIL import Image

from helpdesk.simulator.crowd import Crowd, main, run
from helpdesk.simulator.crowd_doors import DoorClosed, Person, Reply, XDoor
from helpdesk.simulator.crowd_words import LANGUAGES
from helpdesk.simulator.x import XSimulator

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Street:
    """A network that only keeps what was said."""

    name: str = "street"
    said: list[tuple[Person, str, bytes | None]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    is_closed: bool = False

    def write(self, person: Person, text: str, photo: bytes | None) -> None:
        if self.is_closed:
            raise DoorClosed(self.name)
        self.said.append((person, text, photo))

    def new_replies(self) -> list[Reply]:
        replies, self.replies = self.replies, []
        return replies

    def mark_read(self, person: Person) -> None:
        self.read.append(person.username)

    def reply_to_all(self) -> None:
        for username in {person.username for person, _, _ in self.said}:
            self.replies.append(Reply(username=username, text="We are looking into it"))


def let_pass(crowd: Crowd, since: datetime, **span: float) -> datetime:
    """Live through a time, second by second; → its end."""
    until = since + timedelta(**span)
    at = since
    while at < until:
        crowd.step(at=at)
        at += timedelta(seconds=1)
    return until


def test_the_crowd_writes_about_as_often_as_it_was_told() -> None:
    doors = [Street("one"), Street("two")]

    let_pass(Crowd(doors, rate=6, seed=1), START, hours=1)

    assert 300 <= sum(len(door.said) for door in doors) <= 420
    assert all(len(door.said) > 100 for door in doors)


def test_the_same_seed_makes_the_same_crowd_and_another_makes_another() -> None:
    one, same, other = Street(), Street(), Street()

    for door, seed in ((one, 7), (same, 7), (other, 8)):
        let_pass(Crowd([door], rate=30, seed=seed), START, minutes=5)

    assert one.said == same.said
    assert one.said != other.said


def test_people_read_a_reply_after_a_while_and_then_answer_or_thank() -> None:
    door = Street()
    crowd = Crowd([door], rate=60, seed=3)
    at = let_pass(crowd, START, minutes=1)
    door.reply_to_all()
    answered = {person.username for person, _, _ in door.said}
    before = len(door.said)

    crowd.step(at=at)
    assert door.read == []
    let_pass(crowd, at, minutes=4)

    assert set(door.read) == answered
    afterwards: dict[str, str] = {}
    for person, text, _ in door.said[before:]:
        if person.username in answered:
            afterwards.setdefault(person.username, text)
    assert len(afterwards) > len(answered) / 2
    for username, text in afterwards.items():
        language = LANGUAGES[next(person.language for person, _, _ in door.said if person.username == username)]
        details = [problem.detail[:8] for problem in language.problems]
        assert text in language.thanks or text[:8] in [*details, *(words[:8] for words in language.answers)]


def test_somebody_who_was_helped_may_come_back_under_the_same_name() -> None:
    door = Street()
    crowd = Crowd([door], rate=60, seed=4)
    at = START

    for _ in range(8):
        at = let_pass(crowd, at, minutes=1)
        door.reply_to_all()

    openings: dict[str, set[str]] = {}
    for person, text, _ in door.said:
        openings.setdefault(person.username, set()).add(text)
    assert max(len(texts) for texts in openings.values()) > 3


def test_whoever_waits_too_long_asks_again_twice_at_most() -> None:
    door = Street()

    let_pass(Crowd([door], rate=20, seed=5), START, minutes=40)

    nudges = [(person.username, text) for person, text, _ in door.said if text in LANGUAGES[person.language].nudges]
    asked = [username for username, _ in nudges]
    assert asked
    assert max(asked.count(username) for username in asked) == 2


def test_they_write_in_several_languages_also_from_right_to_left_and_send_photos() -> None:
    door = Street()

    let_pass(Crowd([door], rate=60, seed=6), START, minutes=15)

    assert {person.language for person, _, _ in door.said} == set(LANGUAGES)
    assert any("\u0600" <= text[0] <= "\u06ff" for _, text, _ in door.said)
    assert not any("{" in text for _, text, _ in door.said)
    photos = [photo for _, _, photo in door.said if photo]
    with Image.open(io.BytesIO(photos[0])) as photo:
        assert (photo.format, photo.size) == ("JPEG", (480, 360))
    assert len(set(photos)) == len(photos)


def test_a_closed_door_loses_nobodys_story() -> None:
    door = Street(is_closed=True)
    crowd = Crowd([door], rate=60, seed=1)

    at = let_pass(crowd, START, minutes=1)
    assert (door.said, crowd.talks) == ([], {})
    door.is_closed = False
    let_pass(crowd, at, minutes=1)

    assert len(door.said) > 20


def test_after_a_night_asleep_they_do_not_say_everything_at_once() -> None:
    door = Street()
    crowd = Crowd([door], rate=6, seed=1)
    crowd.step(at=START)

    crowd.step(at=START + timedelta(hours=8))

    assert len(door.said) < 20


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(retry_waits=()) as simulator:
        yield simulator


def test_the_crowd_lives_on_the_simulated_x(x: XSimulator) -> None:
    crowd = Crowd([XDoor(x.url)], rate=60, seed=2)
    at = let_pass(crowd, START, seconds=30)
    first = next(iter(crowd.talks))
    reply = x.brand_writes_in_app(first, "We are looking into it")

    let_pass(crowd, at, minutes=2)

    assert x.world.read_up_to(x.customer(first).id) == reply.id
    assert len(x.world.messages()) == crowd.written + 1
    assert any(message.medium for message in x.world.messages())


def test_a_simulator_that_is_away_closes_the_door(x: XSimulator) -> None:
    door = XDoor(x.url)
    x.stop()

    with pytest.raises(DoorClosed):
        door.new_replies()


def test_the_crowd_runs_until_it_is_over() -> None:
    instants = iter(START + timedelta(seconds=second) for second in range(100))
    slept: list[float] = []
    door = Street()

    run(
        Crowd([door], rate=60, seed=1),
        now=lambda: next(instants),
        sleep=slept.append,
        is_over=lambda: len(slept) == 60,
    )

    assert slept == [1.0] * 60
    assert len(door.said) > 30


@pytest.mark.parametrize("arguments", [[], ["--rate", "6"], ["--x", "http://127.0.0.1:1", "--rate", "0"]])
def test_a_crowd_without_a_rate_or_a_door_is_bad_use(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert "--rate" in result.output
