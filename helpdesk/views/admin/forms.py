"""What a form held, and words beside its fields."""

from collections.abc import Mapping

from flask import request

from helpdesk.errors import Conflict, InvalidInput


def typed(name: str) -> str:
    """What was typed, or ""; the database has no place for the character that ends a C string."""
    return request.form.get(name, "").replace("\x00", "")


def given(*names: str) -> dict[str, str]:
    """What was typed, to stand in the form again."""
    return {name: typed(name) for name in names}


def is_ticked(name: str) -> bool:
    return bool(request.form.get(name))


def numbers(name: str) -> list[int]:
    """The chosen ids, each once; what is not a number, or too large for a row's, names nothing."""
    given = [value for value in request.form.getlist(name) if value.isascii() and value.isdigit()]
    return sorted({int(value) for value in given if len(value) <= 18})


def number(name: str) -> int:
    """Raises InvalidInput beside the field."""
    words = typed(name).strip()
    if not (words.isascii() and words.isdigit() and len(words) <= 9):
        raise InvalidInput("Write a whole number.", field=name)
    return int(words)


def words_beside(error: InvalidInput | Conflict, *, otherwise: str) -> Mapping[str, str]:
    """field → why it was refused; `otherwise` is the field of an error that names none."""
    return {getattr(error, "field", "") or otherwise: str(error)}
