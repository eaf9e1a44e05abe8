"""Files at rest: sealed piece by piece with AES-256-GCM, read from any place without opening the rest.

A sealed file is a mark, a random salt, and pieces of 64 KiB each with its tag. The key is made from SECRET_KEY
and the salt, so it is this file's alone and the piece's number can be its nonce. The nonce also says whether the
piece is the last: pieces that are changed, exchanged or cut off do not open.
"""

import io
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from helpdesk.errors import HelpdeskError

PIECE = 64 * 1024

_MARK = b"HDSK1\0"
_SALT = 16
_HEADER = len(_MARK) + _SALT
_TAG = 16


class UnreadableFile(HelpdeskError):
    """Its bytes are gone, damaged, or were sealed with another SECRET_KEY."""


def seal(chunks: Iterable[bytes], secret_key: str) -> Iterator[bytes]:
    """The sealed form of what the chunks (of any size) hold together."""
    salt = os.urandom(_SALT)
    cipher = _cipher(secret_key, salt)
    yield _MARK + salt
    number, waiting = 0, b""
    for piece in _pieces(chunks):
        if number:
            yield cipher.encrypt(_nonce(number - 1, is_last=False), waiting, None)
        number, waiting = number + 1, piece
    yield cipher.encrypt(_nonce(max(number - 1, 0), is_last=True), waiting, None)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of PIECE, the last one shorter."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


class SealedReader(io.RawIOBase):
    """What was sealed, as a file to read and seek in; `size` in bytes.

    It has no `fileno`, so no server sends the sealed bytes by `sendfile`. Reading raises UnreadableFile.
    """

    def __init__(self, sealed: BinaryIO, secret_key: str) -> None:
        self._sealed = sealed
        header = sealed.read(_HEADER)
        length = sealed.seek(0, io.SEEK_END) - _HEADER
        if not header.startswith(_MARK) or length < _TAG:
            raise UnreadableFile("This file is damaged.")
        self._cipher = _cipher(secret_key, header[len(_MARK) :])
        self._count = -(-length // (PIECE + _TAG))
        self.size = length - self._count * _TAG
        self._position = 0
        self._opened: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        """At most up to the end of the piece; 0 at the end of the file."""
        if self._position >= self.size:
            return 0
        number, offset = divmod(self._position, PIECE)
        found = self._piece(number)[offset : offset + len(buffer)]
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _piece(self, number: int) -> bytes:
        if self._opened[0] != number:
            self._sealed.seek(_HEADER + number * (PIECE + _TAG))
            sealed = self._sealed.read(PIECE + _TAG)
            try:
                opened = self._cipher.decrypt(_nonce(number, is_last=number == self._count - 1), sealed, None)
            except InvalidTag as error:
                raise UnreadableFile("This file is damaged, or was stored with another SECRET_KEY.") from error
            self._opened = (number, opened)
        return self._opened[1]


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")


def _cipher(secret_key: str, salt: bytes) -> AESGCM:
    # A name for the purpose keeps these keys apart from those of sessions and credentials.
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"files at rest").derive(secret_key.encode())
    return AESGCM(derived)
