"""The lines of a history file, one by one, however large it is: JSON Lines, or CSV with named columns.

What cannot be read costs its own line: a quotation mark that is never closed does not swallow the rest of the file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from helpdesk.errors import InvalidInput
from helpdesk.importing.records import COLUMNS, Unusable, from_csv

LONGEST_LINE = 1_048_576
"""Bytes."""
LONGEST_CELL_LINES = 1_000
"""How many lines a quoted cell may run over before its quotation mark counts as never closed."""

_REQUIRED = ("conversation", "at")

csv.field_size_limit(LONGEST_LINE)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a line begins, and where the next does: lines from 1, bytes from 0."""

    line: int
    next_line: int
    next_byte: int


@dataclass(frozen=True, kw_only=True)
class Read:
    """One line: its fields, or why there are none."""

    place: Place
    fields: dict[str, Any] | None
    reason: str = ""
    excerpt: str = ""


class HistoryFile:
    """A file of either kind. Raises InvalidInput for what is no such file at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(64 * 1024)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
        if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start[:4]:
            raise InvalidInput(f"{path.name} is not UTF-8 text; save it as UTF-8")
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not text:
            raise InvalidInput(f"{path.name} is empty")
        self.is_csv = not text.startswith((b"{", b"["))
        if text.startswith(b"["):
            raise InvalidInput(f"{path.name} is one JSON list; write one object a line instead (JSON Lines)")
        if self.is_csv:
            with path.open("rb") as file:
                _header(_Lines(file))

    def read(self, *, line: int = 1, byte: int = 0) -> Iterator[Read]:
        """Every line that is not blank, from this one on."""
        with self.path.open("rb") as file:
            lines = _Lines(file)
            if self.is_csv:
                yield from _csv_rows(lines, start=(line, byte))
            else:
                lines.go_to(line, byte)
                yield from _json_lines(lines)


class _Lines:
    """Physical lines with their places; one that is longer than LONGEST_LINE comes as None."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.line, self.byte = 1, 0

    def go_to(self, line: int, byte: int) -> None:
        self.file.seek(byte)
        self.line, self.byte = line, byte

    def next(self) -> bytes | None:
        """The next line; b"" at the end."""
        line = self.file.readline(LONGEST_LINE)
        self.byte += len(line)
        is_cut = len(line) == LONGEST_LINE and not line.endswith(b"\n")
        rest = line
        while is_cut and rest and not rest.endswith(b"\n"):
            rest = self.file.readline(LONGEST_LINE)
            self.byte += len(rest)
        self.line += 1
        return None if is_cut else line

    def since(self, line: int) -> Place:
        return Place(line=line, next_line=self.line, next_byte=self.byte)


def _json_lines(lines: _Lines) -> Iterator[Read]:
    decode = msgspec.json.Decoder().decode
    while (raw := _next_written(lines)) != b"":
        place = lines.since(lines.line - 1)
        if raw is None:
            yield _too_long(place)
            continue
        try:
            fields = decode(raw.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield _refused(place, f"it is no JSON: {error}", raw)
            continue
        if isinstance(fields, dict):
            yield Read(place=place, fields=fields)
        else:
            yield _refused(place, "it is no JSON object", raw)


def _csv_rows(lines: _Lines, *, start: tuple[int, int]) -> Iterator[Read]:
    names = _header(lines)
    if start[1] > lines.byte:
        lines.go_to(*start)
    while (raw := _next_written(lines)) != b"":
        first = lines.line - 1
        if raw is None:
            yield _too_long(lines.since(first))
            continue
        after = lines.line, lines.byte
        whole = _whole_row(lines, raw)
        if whole is None:
            lines.go_to(*after)
            yield _refused(lines.since(first), "a quotation mark is opened and never closed", raw)
            continue
        place = lines.since(first)
        try:
            yield Read(place=place, fields=from_csv(_cells(whole), names))
        except Unusable as error:
            yield _refused(place, str(error), raw)
        except UnicodeDecodeError:
            yield _refused(place, "it is not UTF-8", raw)
        except csv.Error as error:
            yield _refused(place, f"it is no CSV: {error}", raw)


def _header(lines: _Lines) -> list[str]:
    raw = _next_written(lines) or b""
    try:
        names = [name.strip().lower() for name in _cells(raw.removeprefix(b"\xef\xbb\xbf"))]
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput("its first line is neither JSON nor the names of CSV columns") from None
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        known = ", ".join(COLUMNS)
        raise InvalidInput(f"its first line does not name the column {missing[0]}; columns are {known}")
    if len(set(names)) < len(names):
        raise InvalidInput("its first line names a column twice")
    return names


def _whole_row(lines: _Lines, raw: bytes) -> bytes | None:
    """The row that begins with this line; None when a cell that it opens is not closed."""
    quotes, length, parts = raw.count(b'"'), len(raw), [raw]
    while quotes % 2:
        more = lines.next()
        if not more or len(parts) >= LONGEST_CELL_LINES or length > LONGEST_LINE:
            return None
        parts.append(more)
        quotes, length = quotes + more.count(b'"'), length + len(more)
    return b"".join(parts)


def _cells(raw: bytes) -> list[str]:
    return next(csv.reader([raw.decode()], strict=True), [])


def _next_written(lines: _Lines) -> bytes | None:
    """The next line that is not blank."""
    raw = lines.next()
    while raw is not None and raw != b"" and not raw.strip():
        raw = lines.next()
    return raw


def _too_long(place: Place) -> Read:
    return Read(place=place, fields=None, reason=f"it is longer than {LONGEST_LINE:,} bytes")


def _refused(place: Place, reason: str, raw: bytes) -> Read:
    excerpt = raw[:120].decode(errors="replace").strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return Read(place=place, fields=None, reason=reason, excerpt=excerpt)
