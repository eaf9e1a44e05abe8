"""`make screenshots`: photographs the three worlds of a freshly planted demo into docs/screenshots.

It runs `helpdesk up --demo` with data of its own, without a crowd, so that every run shows the same.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from helpdesk.operation.home import CHECKOUT, Home
from helpdesk.seeds import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FOLDER = CHECKOUT / "docs" / "screenshots"
WIDE, MIDDLE, PHONE = (1440, 900), (1024, 768), (390, 844)

# name: who signs in where, what is opened, at which sizes
STAFF, CUSTOMERS = "/sign-in/staff", "/sign-in"
SCREENS = {
    "console": (STAFF, "amal@larkpost.example", "ticket of Dana Okafor"),
    "messenger": (CUSTOMERS, "dana", "conversation with Larkpost"),
    "response-times": (STAFF, "chidi@larkpost.example", "/dashboards/response-times"),
    "live-board": (STAFF, "chidi@larkpost.example", "/dashboards"),
    "people": (STAFF, "ada@larkpost.example", "/admin"),
    "sign-in": ("", "", "/sign-in/staff"),
    "profile": (CUSTOMERS, "dana", "/messages/people/larkpost"),
}
SHOWN_IN_README = {"console-light", "messenger-light", "response-times-light"}


def main(folder: Path, *, only_readme: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _demo() as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        for name in SCREENS:
            for size, suffix in ((WIDE, ""), (MIDDLE, "-1024"), (PHONE, "-390")):
                for scheme in ("light", "dark"):
                    file = f"{name}{suffix}-{scheme}"
                    if not only_readme or file in SHOWN_IN_README:
                        _photograph(browser, url, name, size, scheme, folder / f"{file}.png")
        browser.close()


@contextmanager
def _demo() -> Iterator[str]:
    data = Path(tempfile.mkdtemp(prefix="helpdesk-screenshots-"))
    data.chmod(0o711)
    home = Home.of("screenshots", within=data)
    command = ["up", "--demo", "--crowd", "0", "--instance", "screenshots", "--data-folder", str(data), "--port", "0"]
    process = subprocess.Popen([sys.executable, "-m", "helpdesk.cli", *command], stdin=subprocess.DEVNULL)
    try:
        while (running := home.running()) is None:
            if process.poll() is not None:
                raise SystemExit("screenshots: the demo did not start")
            time.sleep(0.2)
        yield running.url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(home.sockets, ignore_errors=True)


def _photograph(browser: Browser, url: str, name: str, size: tuple[int, int], scheme: str, file: Path) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if width < 700 else 1,
    )
    page = context.new_page()
    door, who, what = SCREENS[name]
    if door:
        page.goto(url + door)
        page.locator("input[name=name]").fill(who)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
    _open(page, url, what)
    page.wait_for_timeout(1200)
    page.screenshot(path=file)
    sys.stdout.write(f"{file.name}\n")
    context.close()


def _open(page: Page, url: str, what: str) -> None:
    if what.startswith("/"):
        page.goto(url + what)
    elif what.startswith("ticket of "):
        page.goto(f"{url}/console/queues/all-open")
        page.locator(".ticket-row", has_text=what.removeprefix("ticket of ")).locator("a").first.click()
        page.locator("#composer").wait_for()
    else:
        page.goto(f"{url}/messages")
        page.locator(".inbox-row", has_text=what.removeprefix("conversation with ")).locator("a").first.click()
        page.locator("#composer").wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER, only_readme=not sys.argv[1:])
