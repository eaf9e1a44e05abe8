"""Every colour of the product has a name: only the tokens say what it is."""

import re

import pytest

from tests.architecture.sources import ROOT

_CSS = ROOT / "helpdesk" / "static" / "src" / "css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NAMED = "white black red green blue yellow orange purple pink brown gr[ae]y silver gold navy teal olive maroon lime"
_COLOUR = re.compile(
    rf"""\#[0-9a-f]{{3,8}}\b(?=[^{{}}]*[;}}])                       # a value, not the id in a selector
      | \b(?:rgb|hsl)a?\( | \b(?:hwb|lab|lch|oklab|oklch|color)\(   # a function that makes a colour
      | (?<=[:\s(,])(?:{"|".join(_NAMED.split())})(?=[\s;,)}}])     # a colour's own name""",
    re.VERBOSE | re.IGNORECASE,
)


def _colours(css: str) -> list[str]:
    return _COLOUR.findall(_COMMENT.sub("", css))


def test_only_the_tokens_say_what_a_colour_is() -> None:
    offenders = {file.name: found for file in sorted(_CSS.glob("*.css")) if (found := _colours(file.read_text()))}

    assert list(offenders) == ["tokens.css"]


@pytest.mark.parametrize(
    "css",
    [
        ".a { color: #fff; }",
        ".a{background:#0f0f0eb3}",
        ".a { color: rgb(0 0 0); }",
        ".a { border: 1px solid white; }",
        ".a { background: linear-gradient(black, transparent); }",
        ".a { color: oklch(0.5 0.1 20); }",
    ],
)
def test_an_offender_would_be_seen(css: str) -> None:
    assert _colours(css)


@pytest.mark.parametrize(
    "css",
    [
        "#fade { color: var(--text); }",
        ".a { white-space: nowrap; color: currentColor; background: transparent; }",
        ".a { background: color-mix(in srgb, var(--accent-weak) 92%, transparent); }",
        "/* #fff */",
    ],
)
def test_what_takes_its_colour_from_a_token_is_allowed(css: str) -> None:
    assert _colours(css) == []
