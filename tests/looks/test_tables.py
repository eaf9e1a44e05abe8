"""Tables on a phone are rows: nothing has to be pushed sideways, and every value says what it is."""

import pytest

from tests.looks.conftest import OpenAt

PHONES = (390, 360)
PAGES = (
    "/dashboards",
    "/dashboards/tickets?number=open",
    "/dashboards/response-times",
    "/dashboards/response-times/rows",
    "/dashboards/workload",
    "/dashboards/workload/backlog",
    "/admin/people",
    "/admin/teams",
    "/admin/brands",
    "/admin/channels",
    "/admin/promises",
    "/admin/opening-hours",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_table_scrolls_sideways_on_a_phone(open_at: OpenAt, path: str) -> None:
    wide = {}
    for width in PHONES:
        page = open_at(path, width)
        for details in page.locator("details.chart, .chart details").all():
            details.evaluate("each => { each.open = true }")
        assert page.locator(".table").count()
        wide[width] = page.evaluate(
            "[...document.querySelectorAll('.table-scroller')].filter(s => s.scrollWidth > s.clientWidth)"
            ".map(s => s.querySelector('caption').textContent)"
        )

    assert wide == {width: [] for width in PHONES}


@pytest.mark.parametrize("path", PAGES)
def test_every_value_of_a_row_says_what_it_is(open_at: OpenAt, path: str) -> None:
    page = open_at(path, 390)

    nameless = page.evaluate(
        "[...document.querySelectorAll('.table--rows tbody td:not(:empty, .table__beside, .table__actions)')]"
        ".filter(cell => getComputedStyle(cell, '::before').content === 'none').map(cell => cell.outerHTML)"
    )

    assert nameless == []


def test_agents_can_still_be_sorted_on_a_phone(open_at: OpenAt) -> None:
    page = open_at("/dashboards/response-times", 390)

    sorts = page.locator("#agents thead a")

    assert sorts.all_inner_texts() == ["Answers", "Median", "p90", "Kept", "Waiting now"]
    assert min(box["height"] for each in sorts.all() if (box := each.bounding_box())) >= 24
