"""Rows as a file that a browser keeps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from helpdesk.errors import NotFound
from helpdesk.spreadsheets import CONTENT_TYPES, FORMS, written
from helpdesk.views.rendering import iso


def download(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> Response:
    """`form` is csv or parquet. Raises NotFound for any other."""
    if form not in FORMS:
        raise NotFound("no such form")
    if form == "csv":
        rows = ([iso(cell) if isinstance(cell, datetime) else cell for cell in row] for row in rows)
    return attached(f"{name}.{form}", written(columns, rows, form), form)


def attached(name: str, content: bytes, form: str) -> Response:
    return Response(
        content,
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"},
    )
