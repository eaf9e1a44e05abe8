"""Pages and fragments from the same templates, and the few words templates may use."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, make_response, render_template, request
from jinja2.environment import TemplateModule
from jinja2_fragments.flask import render_block

from helpdesk import clock

_MANIFEST = Path(__file__).parent.parent / "static" / "dist" / "manifest.json"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def set_up(app: Flask) -> None:
    with suppress(FileNotFoundError):
        # Now, as WhiteNoise looks at the files now: a build while we run is served from the next start on.
        _manifest()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, preloads=preloads, now=clock.now, ui=Pieces(app))
    app.jinja_env.filters.update(
        duration=duration, clock_time=clock_time, day=day, short_day=short_day, iso=iso, ago=ago, file_size=file_size
    )
    app.context_processor(_theme)
    app.after_request(_add_headers)


class Pieces:
    """The macros of templates/ui under one name, also where a block is rendered alone and imports don't reach."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _module(self) -> TemplateModule:
        return self._app.jinja_env.get_template("ui/all.html").module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _theme() -> dict[str, str]:
    """What the person chose; "" for as the system has it."""
    chosen = request.cookies.get("theme", "")
    return {"theme": chosen if chosen in ("light", "dark") else ""}


def wants_fragment() -> bool:
    """One rule for every view: a fragment for a partial htmx request, else the page.

    Boosted and restored pages ask for the whole, so `HX-Request` alone would be wrong.
    """
    return request.headers.get("HX-Request-Type") == "partial"


def page_or_block(template: str, block: str, /, **context: Any) -> Response:
    """The page, or only its block when htmx asked for a part."""
    html = render_block(template, block, **context) if wants_fragment() else render_template(template, **context)
    response = make_response(html)
    response.vary.add("HX-Request-Type")
    return response


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Not no-referrer: over https the CSRF check needs it.
    headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "no-store")
    return response


def asset(name: str) -> str:
    """Address of a built file, such as `js/console.js`."""
    return f"/static/{_manifest()[name]['file']}"


def preloads(name: str) -> list[str]:
    """Addresses of what a built file will ask for at once."""
    return [f"/static/{file}" for file in _manifest()[name].get("preload", [])]


@cache
def _manifest() -> dict[str, dict[str, Any]]:
    manifest: dict[str, dict[str, Any]] = json.loads(_MANIFEST.read_text())
    return manifest


# Filters. Instants are aware UTC; `zone` is an IANA name.


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(at: datetime, zone: str = "UTC") -> str:
    """Time of day, as 09:48."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day(at: datetime, zone: str = "UTC", *, today: datetime | None = None) -> str:
    """Today, "Yesterday, 23 November", "Monday, 3 November", or with the year when it is another."""
    local, here = at.astimezone(ZoneInfo(zone)), (today or clock.now()).astimezone(ZoneInfo(zone))
    days = (here.date() - local.date()).days
    dated = f"{local.day} {local:%B}" + (f" {local.year}" if local.year != here.year else "")
    if days == 0:
        return "Today"
    return f"Yesterday, {dated}" if days == 1 else f"{local:%A}, {dated}"


def short_day(at: datetime, zone: str = "UTC", *, today: datetime | None = None) -> str:
    """For a column of them: Today, "3 Nov", or "3 Nov 2025" when it is another year."""
    local, here = at.astimezone(ZoneInfo(zone)), (today or clock.now()).astimezone(ZoneInfo(zone))
    if local.date() == here.date():
        return "Today"
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != here.year else "")


def duration(seconds: float | None) -> str:
    """Two units at most: 48 s, 4 min 54 s, 1 h 25, 3 d 4 h; – for none."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    # From half a minute before the hour it would round to 60 min; likewise 24 h.
    if whole < 3570:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{round(whole / 60)} min"
    if whole < 86_370:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    days, hours = divmod(round(whole / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def ago(at: datetime) -> str:
    return duration(max(0.0, (clock.now() - at).total_seconds()))


def file_size(size: int) -> str:
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} kB"
    return f"{size / 1024 / 1024:.1f} MB"
