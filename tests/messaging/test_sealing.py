import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.messaging.sealing import PIECE, SealedReader, UnreadableFile, seal

SECRET = "a secret of forty letters, for tests only"


def sealed(content: bytes, *, chunk: int = 1000) -> bytes:
    return b"".join(seal((content[n : n + chunk] for n in range(0, len(content), chunk)), SECRET))


def reader(content: bytes, secret: str = SECRET) -> SealedReader:
    return SealedReader(io.BytesIO(content), secret)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17])
def test_what_was_sealed_is_read_again(size: int) -> None:
    content = os.urandom(size)

    opened = reader(sealed(content))

    assert opened.size == size
    assert opened.read() == content


@given(st.lists(st.binary(max_size=200_000), max_size=6), st.integers(0, 400_000), st.integers(0, 100_000))
def test_any_stretch_of_it_can_be_read(chunks: list[bytes], start: int, length: int) -> None:
    content = b"".join(chunks)
    opened = io.BufferedReader(reader(b"".join(seal(chunks, SECRET))))

    opened.seek(start)

    assert opened.read(length) == content[start : start + length]


def test_a_place_is_found_from_the_end_and_from_here() -> None:
    opened = reader(sealed(b"0123456789"))

    assert opened.seek(-3, io.SEEK_END) == 7
    assert opened.read(1) == b"7"
    assert opened.seek(1, io.SEEK_CUR) == 9
    assert opened.read() == b"9"


def test_nothing_of_the_content_is_seen_on_disk() -> None:
    assert b"telephone number" not in sealed(b"my telephone number is 4711" * 5000)


def test_the_same_content_is_never_sealed_alike() -> None:
    assert sealed(b"the same") != sealed(b"the same")


def test_another_secret_does_not_open_it() -> None:
    with pytest.raises(UnreadableFile):
        reader(sealed(b"private"), "another secret of forty letters, for tests").read()


@pytest.mark.parametrize("place", [0, 10, 30, PIECE + 100, -1], ids=["mark", "salt", "first", "second", "last tag"])
def test_a_changed_byte_is_noticed(place: int) -> None:
    content = bytearray(sealed(os.urandom(2 * PIECE)))
    content[place] ^= 1

    with pytest.raises(UnreadableFile):
        reader(bytes(content)).read()


@pytest.mark.parametrize("left", [0, 5, 22, 40, 22 + PIECE + 16, 22 + PIECE + 40])
def test_a_file_cut_off_is_noticed(left: int) -> None:
    content = sealed(os.urandom(2 * PIECE))

    with pytest.raises(UnreadableFile):
        reader(content[:left]).read()


def test_exchanged_pieces_are_noticed() -> None:
    content = sealed(os.urandom(3 * PIECE))
    header, first, second = (
        content[:22],
        content[22 : 22 + PIECE + 16],
        content[22 + PIECE + 16 : 22 + 2 * (PIECE + 16)],
    )

    with pytest.raises(UnreadableFile):
        reader(header + second + first + content[22 + 2 * (PIECE + 16) :]).read()


def test_no_server_can_send_the_sealed_bytes_past_the_reader() -> None:
    with pytest.raises(OSError, match="fileno"):
        reader(sealed(b"private")).fileno()
