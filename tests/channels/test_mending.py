"""JSON whose characters are broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.mending import with_whole_characters


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (rb'"a\ud800b"', rb'"a\ufffdb"'),
        (rb'"a\uDC00"', rb'"a\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\\ud800"', rb'"\\ud800"'),
        (rb'"\\\ud800"', rb'"\\\ufffd"'),
        (b'"a\xff"', '"a\N{REPLACEMENT CHARACTER}"'.encode()),
    ],
    ids=["lone first half", "lone second half", "half before a pair", "escaped backslash", "both", "no UTF-8"],
)
def test_it_costs_the_broken_character_alone(broken: bytes, mended: bytes) -> None:
    assert with_whole_characters(broken) == mended


@given(st.text(), st.booleans())
def test_what_is_whole_stays_as_it_is(text: str, is_ascii: bool) -> None:
    body = json.dumps([text], ensure_ascii=is_ascii).encode(errors="replace")

    assert json.loads(with_whole_characters(body)) == json.loads(body)


@given(st.text(st.characters()), st.binary(max_size=30))
def test_whatever_comes_becomes_text_that_can_be_stored(text: str, rest: bytes) -> None:
    body = json.dumps(text).encode() + rest

    with_whole_characters(body).decode()
