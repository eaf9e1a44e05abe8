"""The content security policy allows no inline style or script: templates hold none, and trust no text."""

import re

import pytest

from tests.architecture.sources import ROOT

_INLINE = re.compile(
    r"""\sstyle\s*=           # a style attribute
      | <style\b
      | <script\b(?![^>]*\b(?:src=|type="application/json"))   # a script that is neither a file nor data
      | [\s"']on[a-z]+\s*=\s*["']                              # an event handler
      | \bhx-on\b
      | javascript:""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_MARKED_SAFE = re.compile(r"\|\s*safe\b|\bautoescape\s+false")


def _templates() -> dict[str, str]:
    """path under templates/ → its text without comments"""
    folder = ROOT / "templates"
    return {
        str(file.relative_to(folder)): _COMMENT.sub("", file.read_text()) for file in sorted(folder.rglob("*.html"))
    }


def test_no_template_holds_inline_style_or_script() -> None:
    assert [f"{path}: {found[0]}" for path, text in _templates().items() if (found := _INLINE.search(text))] == []


def test_nothing_is_marked_safe_outside_the_pieces() -> None:
    marked = [path for path, text in _templates().items() if _MARKED_SAFE.search(text) and not path.startswith("ui/")]

    assert marked == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        "<style>",
        "<script>alert(1)</script>",
        '<script type="module">',
        '<a onclick="go()">',
        '<a hx-on:click="go()">',
        '<a href="javascript:go()">',
    ],
)
def test_an_offender_would_be_seen(markup: str) -> None:
    assert _INLINE.search(markup)


@pytest.mark.parametrize(
    "markup", ['<script type="module" src="/static/a.js">', '<script type="application/json">', '<a data-one="1">']
)
def test_what_the_policy_allows_is_allowed(markup: str) -> None:
    assert not _INLINE.search(markup)
