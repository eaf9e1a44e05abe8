"""Lines as other systems write them: what is wrong with one costs that line, and is said."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.importing import files
from helpdesk.importing.files import HistoryFile, Read
from helpdesk.importing.records import Reading, Unusable, understand
from tests.importing.conftest import NOW, Importing, reasons, says

GOOD = says("c1", "2025-03-03T09:00:00Z")
READING = Reading(brands={"larkpost": frozenset({"Support"})}, brand="larkpost", zone=None, now=NOW)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", ""),
        ("no JSON at all", "it is no JSON"),
        ("[1, 2]", "it is no JSON object"),
        ('{"conversation": "c1"', "it is no JSON"),
        ("[" * 5_000, "it is no JSON"),
        ('{"conversation": "c1", "at": 1e999, "direction": "in"}', "out of range"),
        ('{"conversation": "c1", "at": 99999999999999999999999, "direction": "in"}', "at"),
        ({"at": "2025-03-03T09:00:00Z", "direction": "in"}, "conversation"),
        ({"conversation": "c1", "direction": "in"}, "at"),
        ({"conversation": "", "at": "2025-03-03T09:00:00Z", "direction": "in"}, "conversation is empty"),
        (GOOD | {"at": "2025-03-03T09:00:00"}, "does not say in which zone"),
        (GOOD | {"at": "yesterday"}, "is no time"),
        (GOOD | {"at": "1999-12-31T23:59:59Z"}, "lies before 2000"),
        (GOOD | {"at": "0001-01-01T00:00:00+14:00"}, "outside the calendar"),
        (GOOD | {"at": "9999-12-31T23:59:59Z"}, "still to come"),
        (GOOD | {"at": True}, "at"),
        (GOOD | {"zone": "Atlantis/Capital", "at": "2025-03-03T09:00:00"}, "no time zone"),
        (GOOD | {"direction": "sideways"}, "direction"),
        ({"conversation": "c1", "at": "2025-03-03T09:00:00Z", "text": "hello"}, "direction is missing"),
        (GOOD | {"text": "x" * 100_001}, "text is longer than 100,000"),
        (GOOD | {"text": 7}, "text"),
        (GOOD | {"id": "i" * 10_000}, "id is longer than 500"),
        (GOOD | {"conversation": "c" * 10_000}, "conversation is longer than 500"),
        (GOOD | {"brand": "nobody"}, "there is no brand 'nobody'"),
        (GOOD | {"team": "Pirates"}, "larkpost has no team 'Pirates'; its teams are Returns, Support"),
        (GOOD | {"priority": "very"}, "priority is low, normal, high or urgent"),
        (GOOD | {"tags": "late"}, "tags"),
        (GOOD | {"tags": ["!!!"]}, "A tag needs a letter"),
        (GOOD | {"tags": ["t" * 60]}, "A tag has at most 40 characters"),
        (GOOD | {"text": "x" * 2_000_000}, "longer than 1,048,576 bytes"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason_and_the_rest_goes_in(
    import_lines: Importing, line: Any, reason: str
) -> None:
    run = import_lines(GOOD, line, says("c2", "2025-03-03T09:00:00Z"))

    assert run.messages == 2
    found = reasons(run)
    assert list(found) == ([2] if reason else [])
    assert reason in found.get(2, "")


def test_what_no_database_keeps_costs_that_character_only(import_lines: Importing) -> None:
    run = import_lines(
        '{"conversation": "c1", "at": "2025-03-03T09:00:00Z", "direction": "in", "text": "a\\u0000b"}',
        '{"conversation": "c2", "at": "2025-03-03T09:00:00Z", "direction": "in", "text": "\\ud83d alone"}',
        '{"conversation": "c3", "at": "2025-03-03T09:00:00Z", "direction": "in", "text": "\udcff"}',
    )
    assert run.messages + run.refused == 3
    assert run.messages >= 1


CSV_HEAD = "conversation,at,direction,text,tags,automatic,extra"


def test_csv_says_the_same_as_json(import_lines: Importing) -> None:
    run = import_lines(
        f"\ufeff{CSV_HEAD}",
        'c1,2025-03-03T09:00:00Z,in,"Where, ""please""?",late;lost,,',
        "",
        'c1,2025-03-03T09:05:00Z,out,"On',
        'its way",,no,what else they have',
        "c2,1740992400,in,seconds,,,",
        name="history.csv",
    )
    assert (run.lines, run.messages, run.refused, run.tickets) == (3, 3, 0, 2)


def test_damage_in_csv_costs_its_own_lines(import_lines: Importing) -> None:
    run = import_lines(
        CSV_HEAD,
        "c1,2025-03-03T09:00:00Z,in,good,,,",
        'c1,2025-03-03T09:01:00Z,in,"never closed,,,',
        "c1,2025-03-03T09:02:00Z,in,good,,,",
        "c1,2025-03-03T09:03:00Z,in",
        'c1,2025-03-03T09:04:00Z,in,"quoted"and not,,,',
        "c1,2025-03-03T09:05:00Z,in,good,,maybe,",
        "c1,2025-03-03T09:06:00Z,in,good,,,",
        name="history.csv",
    )
    found = reasons(run)
    assert list(found) == [3, 5, 6, 7]
    assert "never closed" in found[3]
    assert "3 cells, the first line names 7" in found[5]
    assert "yes or no" in found[7]
    assert run.messages == 3


def read_all(path: Path, **start: int) -> list[Read]:
    return list(HistoryFile(path).read(**start))


def test_blank_lines_by_the_million_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "blank.jsonl"
    path.write_bytes(b'{"a": 1}\n' + b"\n" * 1_000_000 + b'{"a": 2}\n')
    first, last = read_all(path)
    assert (first.place.line, last.place.line) == (1, 1_000_002)


@pytest.mark.parametrize("is_csv", [False, True])
@given(
    content=st.lists(
        st.sampled_from(['{"a": "b"}', '"open', "a,b", '"a\nb",c', "", "\x00", "ü", '"""', '"a""b",c', "[", "\udcff"])
    )
)
@settings(max_examples=60, deadline=None)
def test_reading_on_from_any_line_gives_the_rest(
    tmp_path_factory: pytest.TempPathFactory, is_csv: bool, content: list[str]
) -> None:
    path = tmp_path_factory.mktemp("history") / "file"
    head = "conversation,at" if is_csv else '{"first": 1}'
    path.write_bytes("\n".join([head, *content]).encode(errors="surrogateescape"))
    whole = read_all(path)
    assert [read.place.line for read in whole] == sorted({read.place.line for read in whole})
    for n, read in enumerate(whole):
        assert read_all(path, line=read.place.next_line, byte=read.place.next_byte) == whole[n + 1 :]


@given(
    st.dictionaries(
        st.sampled_from(["conversation", "at", "direction", "text", "tags", "zone", "id", "brand", "team"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)
        ),
    ),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_nothing_that_a_line_may_say_is_an_error_of_ours(fields: dict[str, Any], is_text: bool) -> None:
    try:
        _, record = understand(fields, READING, is_text=is_text)
    except Unusable:
        return
    assert record.at <= NOW


def test_a_line_longer_than_memory_allows_is_not_read_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 1_000)
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * 10_000 + b'"}\n{"a": 2}\n')
    long, after = read_all(path)
    assert long.fields is None
    assert after.fields == {"a": 2}
    assert after.place.line == 2
