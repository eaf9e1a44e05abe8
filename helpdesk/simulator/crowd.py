"""A crowd of simulated customers who keep writing to the brand, so that a demo is alive.

    python -m helpdesk.simulator.crowd --rate 6 --x http://127.0.0.1:8100

They greet, tell a problem in one message or two, send a photo now and then, read our replies after a while,
answer them, thank, and ask again when nobody answers. The same seed makes the same crowd.
"""

import logging
import random
import signal
import threading
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click

from helpdesk import clock
from helpdesk.simulator.crowd_doors import Door, DoorClosed, Person, XDoor
from helpdesk.simulator.crowd_photos import draw_photo
from helpdesk.simulator.crowd_words import LANGUAGES, Language, Problem
from helpdesk.simulator.native_door import MessengerDoor

logger = logging.getLogger(__name__)

LOOKS_EVERY = timedelta(seconds=1)
CATCHES_UP = timedelta(seconds=30)
READS_AFTER = (4.0, 40.0)
ANSWERS_AFTER = (5.0, 60.0)
ASKS_AGAIN_AFTER = timedelta(minutes=8)
RETURNS = 0.35
"""How likely a customer who had help before is the next to write, rather than somebody new."""
TELLS_IN_TWO = 0.5
SENDS_PHOTO = 0.7
ANSWERS_FIRST = 0.6
"""How likely a reply is answered rather than thanked for at once."""


@dataclass
class Talk:
    """One person's conversation about one problem, and when they will do what."""

    person: Person
    door: Door
    problem: Problem
    order: str
    last_wrote_at: datetime
    has_told_detail: bool
    has_answered: bool = False
    times_asked_again: int = 0
    reads_at: datetime | None = None
    answers_at: datetime | None = None

    @property
    def language(self) -> Language:
        return LANGUAGES[self.person.language]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a person is about to write."""

    text: str
    picture: str = ""


@dataclass
class Crowd:
    """People at several doors; `rate` messages a minute in all, on average.

    `step` does what is due; it is the only place where anything happens, and time is what it is told.
    """

    doors: Sequence[Door]
    rate: float
    seed: int = 0
    talks: dict[str, Talk] = field(default_factory=dict)
    """By username, those under way."""
    written: int = 0

    def __post_init__(self) -> None:
        if not self.doors or self.rate <= 0:
            raise ValueError("a crowd needs a door and a rate above 0")
        self._chance = random.Random(self.seed)
        self._content: list[tuple[Person, Door]] = []
        self._numbers = iter(range(1, 10**9))
        self._writes_next_at: datetime | None = None

    def step(self, *, at: datetime) -> None:
        """Hear replies, read what it is time to read, and write what is due by `at`."""
        for door in self.doors:
            self._hear(door, at)
        for talk in self._due(lambda talk: talk.reads_at, at):
            self._read(talk, at)
        if self._writes_next_at is None:
            self._writes_next_at = at
        # After a pause (a laptop asleep) they do not say at once all that they would have said.
        self._writes_next_at = max(self._writes_next_at, at - CATCHES_UP)
        while self._writes_next_at <= at:
            self._write_something(at)
            self._writes_next_at += timedelta(seconds=self._chance.expovariate(self.rate / 60))

    def _hear(self, door: Door, at: datetime) -> None:
        try:
            replies = door.new_replies()
        except DoorClosed as closed:
            logger.warning("replies not heard", extra={"reason": str(closed)})
            return
        for reply in replies:
            talk = self.talks.get(reply.username)
            if talk is not None and talk.reads_at is None:
                talk.reads_at = at + self._some_time(READS_AFTER)

    def _read(self, talk: Talk, at: datetime) -> None:
        try:
            talk.door.mark_read(talk.person)
        except DoorClosed as closed:
            logger.warning("replies not read", extra={"reason": str(closed)})
            talk.reads_at = at + self._some_time(READS_AFTER)
            return
        talk.reads_at = None
        talk.answers_at = at + self._some_time(ANSWERS_AFTER)

    def _write_something(self, at: datetime) -> None:
        """One message: an answer that is due, else the rest of a story, else a question again, else a new story."""
        answering = self._due(lambda talk: talk.answers_at, at)
        if answering:
            self._answer(answering[0], at)
            return
        untold = [talk for talk in self.talks.values() if not talk.has_told_detail]
        if untold and self._chance.random() < 0.8:
            self._tell_detail(untold[0], at)
            return
        forgotten = [talk for talk in self.talks.values() if self._is_forgotten(talk, at)]
        if forgotten and self._chance.random() < 0.3:
            self._ask_again(forgotten[0], at)
            return
        self._begin(at)

    def _answer(self, talk: Talk, at: datetime) -> None:
        if not talk.has_answered and self._chance.random() < ANSWERS_FIRST:
            if self._say(talk, Draft(text=self._words(talk.language.answers, talk.order)), at):
                talk.has_answered, talk.answers_at = True, None
        elif self._say(talk, Draft(text=self._words(talk.language.thanks, talk.order)), at):
            self._content.append((talk.person, talk.door))
            del self.talks[talk.person.username]

    def _tell_detail(self, talk: Talk, at: datetime) -> None:
        if self._say(talk, Draft(text=talk.problem.detail.format(order=talk.order)), at):
            talk.has_told_detail = True

    def _ask_again(self, talk: Talk, at: datetime) -> None:
        if self._say(talk, Draft(text=self._words(talk.language.nudges, talk.order)), at):
            talk.times_asked_again += 1

    def _begin(self, at: datetime) -> None:
        person, door = self._somebody()
        language = LANGUAGES[person.language]
        problem = self._chance.choice(language.problems)
        order = f"{self._chance.choice('ABCDEFGH')}{self._chance.randint(10_000, 99_999)}"
        in_two = self._chance.random() < TELLS_IN_TWO
        opening = _greeted(self._chance.choice(language.greetings), problem.opening)
        text = opening if in_two else f"{opening} {problem.detail}"
        has_photo = bool(problem.picture) and self._chance.random() < SENDS_PHOTO
        talk = Talk(person, door, problem, order, last_wrote_at=at, has_told_detail=not in_two)
        draft = Draft(text=text.format(order=order), picture=problem.picture if has_photo else "")
        if self._say(talk, draft, at):
            self.talks[person.username] = talk

    def _say(self, talk: Talk, draft: Draft, at: datetime) -> bool:
        """Whether the message went out; if not, it is as if the person had not tried."""
        photo = draw_photo(draft.picture, self._chance) if draft.picture else None
        try:
            talk.door.write(talk.person, draft.text, photo)
        except DoorClosed as closed:
            logger.warning("message not written", extra={"reason": str(closed)})
            return False
        talk.last_wrote_at = at
        self.written += 1
        return True

    def _somebody(self) -> tuple[Person, Door]:
        """Somebody who had help before, or somebody new; their door stays theirs."""
        if self._content and self._chance.random() < RETURNS:
            return self._content.pop(self._chance.randrange(len(self._content)))
        code = self._chance.choices(list(LANGUAGES), [language.weight for language in LANGUAGES.values()])[0]
        names = LANGUAGES[code]
        name = f"{self._chance.choice(names.first_names)} {self._chance.choice(names.last_names)}"
        person = Person(username=f"{_handle(name, code)}{next(self._numbers)}", name=name, language=code)
        return person, self._chance.choice(list(self.doors))

    def _is_forgotten(self, talk: Talk, at: datetime) -> bool:
        is_waiting = talk.reads_at is None and talk.answers_at is None and not talk.has_answered
        return is_waiting and talk.times_asked_again < 2 and at - talk.last_wrote_at > ASKS_AGAIN_AFTER

    def _due(self, when: Callable[[Talk], datetime | None], at: datetime) -> list[Talk]:
        """Talks whose time has come, the earliest first."""
        due = [(due_at, talk) for talk in self.talks.values() if (due_at := when(talk)) is not None and due_at <= at]
        return [talk for _, talk in sorted(due, key=lambda pair: pair[0])]

    def _words(self, choices: Sequence[str], order: str) -> str:
        return self._chance.choice(choices).format(order=order)

    def _some_time(self, between: tuple[float, float]) -> timedelta:
        return timedelta(seconds=self._chance.uniform(*between))


def run(
    crowd: Crowd,
    *,
    now: Callable[[], datetime] = clock.now,
    sleep: Callable[[float], object],
    is_over: Callable[[], bool],
) -> None:
    """Let the crowd live until it is over."""
    while not is_over():
        crowd.step(at=now())
        sleep(LOOKS_EVERY.total_seconds())


def _handle(name: str, code: str) -> str:
    """The name in letters that a handle may have; a script without any gives the language's own handle."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "_".join(plain.split()) or f"{code}_shopper"


def _greeted(greeting: str, opening: str) -> str:
    """The opening after the greeting, with a capital where it begins a sentence."""
    goes_on = greeting.rstrip().endswith((",", "،"))
    return greeting + (opening if goes_on else opening[:1].upper() + opening[1:])


def doors_from(*, x: str, native: str, brand: str) -> Iterable[Door]:
    if x:
        yield XDoor(x)
    if native:
        yield MessengerDoor(native, brand=brand)


@click.command()
@click.option("--rate", default=6.0, show_default=True, help="Messages a minute, all doors together.")
@click.option("--x", default="", help="Where the X simulator listens, such as http://127.0.0.1:8100.")
@click.option("--native", default="", help="Where the web server listens, such as http://127.0.0.1:8000.")
@click.option("--brand", default="larkpost", show_default=True, help="The brand's handle on the native network.")
@click.option("--seed", default=0, show_default=True, help="The same seed makes the same people.")
def main(rate: float, x: str, native: str, brand: str, seed: int) -> None:
    """Let simulated customers write to the brand until it is stopped."""
    doors = list(doors_from(x=x, native=native, brand=brand))
    if rate <= 0 or not doors:
        raise click.UsageError("give a --rate above 0 and a door to write through, such as --x")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(Crowd(doors, rate, seed), sleep=stopping.wait, is_over=stopping.is_set)


if __name__ == "__main__":
    main()
