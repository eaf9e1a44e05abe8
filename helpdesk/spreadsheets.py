"""Tables for other programs: CSV for spreadsheets, Parquet for analysis."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMS = ("csv", "parquet")

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def written(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> bytes:
    """A table as a file, in one of FORMS."""
    return to_parquet(columns, rows) if form == "parquet" else to_csv(columns, rows).encode()


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """With a head. Words are made harmless; None is an empty cell."""
    lines = io.StringIO()
    sheet = csv.writer(lines)
    sheet.writerow(columns)
    sheet.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return lines.getvalue()


def to_parquet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A column's type is that of its values: words, whole or other numbers, instants in UTC."""
    # Takes a quarter of a second and forty megabytes to load, and few processes ever need it.
    import pyarrow
    from pyarrow import parquet

    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = pyarrow.table({name: pyarrow.array(column) for name, column in zip(columns, cells, strict=True)})
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def harmless(words: str) -> str:
    """A spreadsheet takes what begins like this for a formula, and runs it."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words
