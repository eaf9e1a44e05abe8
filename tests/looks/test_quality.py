"""Every page of the gallery: nothing that axe finds, nothing that the policy blocks, no more than its bytes."""

import gzip
import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.looks.conftest import OpenPage, Scheme
from tests.looks.gallery import DIST

PAGES = [
    "components",
    "console-open",
    "console-empty",
    "console-failed",
    "messenger",
    "profile",
    "manager-live",
    "signin",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_within_its_policy(open_page: OpenPage, name: str, scheme: Scheme) -> None:
    opened = open_page(name, scheme=scheme)

    found = Axe().run(opened.page).response["violations"]

    assert [(each["id"], [node["html"][:160] for node in each["nodes"][:4]]) for each in found] == []
    assert opened.complaints == []


def test_the_first_load_of_the_console_is_at_most_120_kilobytes(gallery_url: str) -> None:
    page = httpx.get(f"{gallery_url}/console-open").text

    files = set(re.findall(r"/static/[\w./-]+", page))
    script, style, font = (next(f for f in files if kind in f) for kind in ("js/console", "css/app", "fonts/"))
    chunks = {f for f in files if "js/chunk" in f}
    sprites = {f for f in files if f.endswith(".svg")}

    total = len(gzip.compress(page.encode())) + sum(over_the_wire(f) for f in {script, style, font} | chunks | sprites)
    assert total <= 120_000


def over_the_wire(file: str) -> int:
    path = DIST / file.removeprefix("/static/")
    packed = path.with_name(path.name + ".gz")
    return (packed if packed.exists() else path).stat().st_size
