"""A picture of one page of a running gallery.

`python -m tests.looks.shoot <folder> <page> <width>x<height> <light|dark> [scale]`
"""

import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"


def shoot(folder: Path, page: str, size: str, scheme: Literal["light", "dark"], scale: float = 1) -> None:
    width, height = (int(side) for side in size.split("x"))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme=scheme
        )
        tab.goto(f"http://127.0.0.1:8099/{page}")
        tab.wait_for_timeout(300)
        tab.screenshot(path=folder / f"{page}-{width}-{scheme}.png", full_page=page in ("components", "manager-full"))
        browser.close()


if __name__ == "__main__":
    folder, page, size, scheme = sys.argv[1:5]
    shoot(Path(folder), page, size, "dark" if scheme == "dark" else "light", float((sys.argv[5:] or ["1"])[0]))
