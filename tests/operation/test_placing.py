"""A build while a server runs takes no file from under it."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
from flask import Flask

from config import environment
from helpdesk.binding import ROOT
from helpdesk.views import rendering

PLACING = ROOT / "helpdesk" / "static" / "placing.mjs"
DAY = timedelta(days=1)


class Builds:
    """A folder that is served, and builds that come into it."""

    def __init__(self, folder: Path) -> None:
        self.dist, self._fresh = folder / "dist", folder / "dist.new"

    def build(self, *names: str, at: datetime) -> None:
        for name in (*names, "manifest.json"):
            path = self._fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"js/page.js": {"file": names[0]}}) if name == "manifest.json" else name)
        fresh, dist = json.dumps(str(self._fresh)), json.dumps(str(self.dist))
        script = f"""
            import {{ place }} from {json.dumps(PLACING.as_uri())};
            await place({fresh}, {dist}, {{ now: {at.timestamp() * 1000} }});
        """
        subprocess.run([NODE, "--input-type=module", "-e", script], check=True)

    @property
    def files(self) -> set[str]:
        return {
            str(path.relative_to(self.dist))
            for path in self.dist.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        } - {"manifest.json"}

    @property
    def page(self) -> str:
        return str(json.loads((self.dist / "manifest.json").read_text())["js/page.js"]["file"])


NODE = which("node", path=f"{environment().get('PATH', '')}:{ROOT / '.tools' / 'bin'}") or "node"


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path)


def test_the_files_that_the_running_server_gives_out_outlive_the_next_build(builds: Builds, at: datetime) -> None:
    builds.build("js/page-AAAAAAAA.js", "js/page-AAAAAAAA.js.gz", at=at)

    # However long ago it was: until now they were in use.
    builds.build("js/page-BBBBBBBB.js", "js/page-BBBBBBBB.js.gz", at=at + 400 * DAY)

    assert builds.files == {f"js/page-{hash_ * 8}.js{end}" for hash_ in "AB" for end in ("", ".gz")}
    assert builds.page == "js/page-BBBBBBBB.js"


def test_a_file_that_no_build_has_had_for_weeks_goes(builds: Builds, at: datetime) -> None:
    builds.build("js/page-AAAAAAAA.js", at=at)
    builds.build("js/page-BBBBBBBB.js", at=at + DAY)

    builds.build("js/page-CCCCCCCC.js", at=at + 10 * DAY)
    assert builds.files == {f"js/page-{hash_ * 8}.js" for hash_ in "ABC"}

    builds.build("js/page-CCCCCCCC.js", at=at + 20 * DAY)
    assert builds.files == {f"js/page-{hash_ * 8}.js" for hash_ in "BC"}


def test_a_file_that_comes_back_counts_from_when_it_goes_again(builds: Builds, at: datetime) -> None:
    builds.build("js/page-AAAAAAAA.js", at=at)
    builds.build("js/page-BBBBBBBB.js", at=at + DAY)
    builds.build("js/page-AAAAAAAA.js", at=at + 2 * DAY)
    builds.build("js/page-BBBBBBBB.js", at=at + 30 * DAY)

    builds.build("js/page-BBBBBBBB.js", at=at + 40 * DAY)

    assert builds.files == {f"js/page-{hash_ * 8}.js" for hash_ in "AB"}


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A manifest of this test's own, not read yet."""
    monkeypatch.setattr(rendering, "_MANIFEST", tmp_path / "manifest.json")
    rendering._manifest.cache_clear()
    yield tmp_path / "manifest.json"
    rendering._manifest.cache_clear()


def test_the_server_names_the_files_it_started_with_also_on_its_first_page(manifest: Path) -> None:
    manifest.write_text('{"js/console.js": {"file": "js/console-AAAAAAAA.js"}}')
    rendering.set_up(Flask("a server"))

    manifest.write_text('{"js/console.js": {"file": "js/console-BBBBBBBB.js"}}')

    assert rendering.asset("js/console.js") == "/static/js/console-AAAAAAAA.js"
