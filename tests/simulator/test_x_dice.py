import pytest

from helpdesk.simulator.x_dice import SAFE, SENT, TOLD, Dice, UnknownFault, rates_of
from helpdesk.simulator.x_faults import CODES


def rolls(dice: Dice, name: str, times: int = 200) -> list[bool]:
    return [dice.falls(name) for _ in range(times)]


def test_equal_seeds_bring_equal_faults_and_others_others() -> None:
    assert rolls(Dice({"drop": 0.3}, 7), "drop") == rolls(Dice({"drop": 0.3}, 7), "drop")
    assert rolls(Dice({"drop": 0.3}, 7), "drop") != rolls(Dice({"drop": 0.3}, 8), "drop")


def test_what_else_is_rolled_changes_nothing_for_a_name() -> None:
    alone, among = Dice({"drop": 0.3}, 7), Dice({"drop": 0.3, "hang": 0.5}, 7)

    mixed = []
    for _ in range(200):
        among.falls("hang")
        mixed.append(among.falls("drop"))

    assert mixed == rolls(alone, "drop")


def test_a_rate_of_nothing_and_of_one_are_never_and_always() -> None:
    assert rolls(Dice({"drop": 0, "hang": 1}), "drop", 50) == [False] * 50
    assert rolls(Dice({"drop": 0, "hang": 1}), "hang", 50) == [True] * 50


def test_dice_at_rest_bring_nothing() -> None:
    dice = Dice({"hang": 1})

    dice.rest()

    assert not dice.falls("hang")


@pytest.mark.parametrize(
    ("words", "rates"),
    [
        ("", {}),
        ("drop", {"drop": SENT["drop"].rate}),
        ("drop:0.5, duplicate:1", {"drop": 0.5, "duplicate": 1.0}),
        ("349:0.25", {"349": 0.25}),
        ("usage-capped", {"usage-capped": 0.002}),
        ("all,drop:0", {name: kind.rate for name, kind in {**TOLD, **SENT}.items() if name in SAFE} | {"drop": 0.0}),
        ("errors:0.1", {str(code): 0.1 for code in CODES}),
    ],
)
def test_faults_are_named_with_a_rate_or_without(words: str, rates: dict[str, float]) -> None:
    assert rates_of(words) == rates


@pytest.mark.parametrize("words", ["nonsense", "drop:", "drop:2", "drop:-1", "drop:nan", "drop:x", "9999"])
def test_what_cannot_be_read_is_refused_with_the_word(words: str) -> None:
    with pytest.raises(UnknownFault, match=words.partition(":")[0]):
        rates_of(words)
