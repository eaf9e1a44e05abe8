"""Filling in a form that publishes: look, then publish what was looked at."""

import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient


def looked_at(page: str) -> str:
    """What the page says was looked at."""
    found = re.search(r'name="looked_at" value="([0-9a-f]+)"', page)
    assert found is not None
    return found.group(1)


def publish(browser: FlaskClient, url: str, fields: Mapping[str, Any], **more: str) -> str:
    """The page that follows."""
    seen = browser.post(url, data={**fields, "step": "look"})
    assert seen.status_code == 200
    step = {"step": "publish", "looked_at": looked_at(seen.text)}
    return browser.post(url, data={**fields, **step, **more}, follow_redirects=True).text
