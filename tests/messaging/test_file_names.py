import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.messaging.file_names import LONGEST, clean_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        pytest.param("photo.png", "photo.png", id="an ordinary name"),
        pytest.param("../../etc/passwd", "passwd", id="a path"),
        pytest.param("C:\\Users\\dana\\tax.pdf", "tax.pdf", id="a path of Windows"),
        pytest.param("invoice\u202egnp.exe", "invoicegnp.exe", id="a right-to-left override"),
        pytest.param("\u2066photo\u2069\u200f.png", "photo.png", id="isolates and marks"),
        pytest.param("pay\u200bpal\ufeff.pdf", "paypal.pdf", id="characters without width"),
        pytest.param("a\x00b\r\nc\x1b[31m.txt", "abc[31m.txt", id="control characters"),
        pytest.param("a\u2028b.txt", "ab.txt", id="a line separator"),
        pytest.param("bad\udc80.txt", "bad.txt", id="half a character"),
        pytest.param("🧾 Rechnung 👩‍👩‍👧.pdf", "🧾 Rechnung 👩‍👩‍👧.pdf", id="emoji and their joiners"),
        pytest.param("صورة.jpg", "صورة.jpg", id="a name in Arabic"),
        pytest.param("e\u0301te\u0301.png", "été.png", id="letters in two parts"),
        pytest.param("  a   b .txt. . ", "a b .txt", id="spaces and dots at the ends"),
        pytest.param(".htaccess", "htaccess", id="a hidden file"),
        pytest.param('what?<"*|:>.txt', "what_______.txt", id="characters that Windows forbids"),
        pytest.param("", "file", id="no name"),
        pytest.param("///", "file", id="only slashes"),
        pytest.param("\u202e\u200b", "file", id="only what cannot be seen"),
        pytest.param("..", "file", id="the folder above"),
    ],
)
def test_a_name_is_made_harmless(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_beginning_and_its_extension() -> None:
    assert clean_name("x" * 300 + ".jpeg") == "x" * 115 + ".jpeg"


def test_an_endless_extension_is_none() -> None:
    assert clean_name("a." + "b" * 300) == "a." + "b" * 118


@given(st.text(max_size=400))
def test_any_name_comes_out_harmless(name: str) -> None:
    kept = clean_name(name)

    assert 0 < len(kept) <= LONGEST
    assert not set(kept) & set("/\\\x00")
    assert kept.strip(" .") == kept
    assert {unicodedata.category(c) for c in kept if c not in "\u200c\u200d"}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert clean_name(kept) == kept
    kept.encode()
