"""What the browser computes is what the table of tokens says, in both schemes."""

import pytest
from playwright.sync_api import Page

from tests.looks.conftest import OpenPage, Scheme
from tests.looks.table_of_tokens import COLOURS, PAINTED

SCHEMES: list[Scheme] = ["light", "dark"]


def rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def tokens_of(page: Page) -> dict[str, str]:
    names = list(COLOURS)
    read = "names => names.map(n => getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim())"
    return dict(zip(names, page.evaluate(read, names), strict=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_token_has_its_value_in_the_scheme_of_the_system(open_page: OpenPage, scheme: Scheme) -> None:
    page = open_page("signin", scheme=scheme).page

    assert {n: v.upper() for n, v in tokens_of(page).items()} == expected(scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_chosen_theme_wins_over_the_system(open_page: OpenPage, scheme: Scheme) -> None:
    page = open_page("signin", scheme="light" if scheme == "dark" else "dark", fresh=True).page

    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", scheme)

    assert {n: v.upper() for n, v in tokens_of(page).items()} == expected(scheme)


def expected(scheme: Scheme) -> dict[str, str]:
    return {name: pair[SCHEMES.index(scheme)] for name, pair in COLOURS.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", sorted({row[0] for row in PAINTED}))
def test_what_is_painted_takes_its_token(open_page: OpenPage, name: str, scheme: Scheme) -> None:
    page = open_page(name, scheme=scheme).page

    rows = [row for row in PAINTED if row[0] == name]
    read = "([s, p]) => getComputedStyle(document.querySelector(s)).getPropertyValue(p)"
    painted = {f"{s} {p}": page.evaluate(read, [s, p]) for _, s, p, _ in rows}

    wanted = {f"{s} {p}": rgb(COLOURS[token][SCHEMES.index(scheme)]) for _, s, p, token in rows}
    assert painted == wanted


TYPE = [
    ("console-open", ".bubble", "14px", "20px", "400"),
    ("console-open", ".thread__title", "15px", "20px", "600"),
    ("console-open", ".ticket-row__words", "13px", "18px", "400"),
    ("console-open", ".ticket-row__time", "12px", "16px", "400"),
    ("console-open", ".queue", "13px", "18px", "450"),
    ("console-open", ".ticket-row--unread .ticket-row__name", "14px", "20px", "650"),
    ("messenger", ".talk .bubble", "15px", "21px", "400"),
    ("messenger", ".inbox__title", "20px", "26px", "600"),
    ("manager-live", ".tile__number", "28px", "34px", "550"),
    ("manager-live", ".page__title", "16px", "22px", "600"),
    ("console-empty", ".empty__title", "20px", "26px", "600"),
]


@pytest.mark.parametrize(("name", "selector", "size", "line", "weight"), TYPE, ids=[f"{r[0]} {r[1]}" for r in TYPE])
def test_a_role_of_type_has_its_size(
    open_page: OpenPage, name: str, selector: str, size: str, line: str, weight: str
) -> None:
    page = open_page(name).page

    style = page.evaluate_handle("s => getComputedStyle(document.querySelector(s))", selector)
    computed = style.evaluate("({fontSize, lineHeight, fontWeight}) => [fontSize, lineHeight, fontWeight]")

    assert computed == [size, line, weight]


def test_inter_is_there_and_nothing_else_was_asked_for(open_page: OpenPage) -> None:
    page = open_page("console-open").page

    assert page.evaluate("document.fonts.check('14px \"Inter Variable\"', 'Dana')")
