"""The product's own source, read as Python sees it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """(path from the root, its tree) of every Python file of the product."""
    files = sorted(file for folder in ("helpdesk", "worker") for file in (ROOT / folder).rglob("*.py"))
    return tuple((str(file.relative_to(ROOT)), ast.parse(file.read_text())) for file in files)


def calls(tree: ast.Module) -> Iterator[str]:
    """What is called, as it is written: `select`, `db.session.commit`, `datetime.now`."""
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def names(tree: ast.Module) -> Iterator[str]:
    """What is read or called, dotted as it is written, and what is imported from where: `os.environ`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
