"""Settings: history of an older system, imported from a file."""

import io
from dataclasses import dataclass

from flask import Response, current_app, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.importing import queries, uploads
from helpdesk.importing.models import HistoryImport
from helpdesk.importing.refused import write_refused
from helpdesk.people import staff_queries
from helpdesk.sla.calendar import zone_named
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, numbers, typed
from helpdesk.views.admin.frame import around
from helpdesk.views.rendering import page_or_block


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One import, and how far it has come in words."""

    row: HistoryImport
    words: str
    is_running: bool


@blueprint.url_value_preprocessor
def _let_large_files_in(endpoint: str | None, _values: object) -> None:
    """Before anything reads the form: the check against forgery does."""
    if endpoint == "admin.create_import":
        request.max_content_length = uploads.LARGEST


@blueprint.get("/imports")
@open_to(Audience.MANAGERS)
def list_imports() -> ResponseReturnValue:
    return _page({}, {})


@blueprint.post("/imports")
@open_to(Audience.MANAGERS)
def create_import() -> ResponseReturnValue:
    brand = staff_queries.find_brand(next(iter(numbers("brand")), 0), current_standing())
    file, settings = request.files.get("file"), _settings()
    try:
        if file is None or not file.filename:
            raise InvalidInput("Choose a file.", field="file")
        zone = typed("zone").strip()
        if zone:
            zone_named(zone)
        key = uploads.keep_upload(file.stream, settings=settings)
        with transaction():
            uploads.ask_for_import(
                key, name=file.filename, brand=brand, zone=zone, by=current_agent(), at=clock.now(), settings=settings
            )
    except InvalidInput as error:
        return _page(given("brand", "zone"), {error.field or "file": str(error)}, 422)
    flash(f"{file.filename} is being imported.")
    return redirect(url_for("admin.list_imports"))


@blueprint.get("/imports/<int:import_id>/refused.csv")
@open_to(Audience.MANAGERS)
def refused_lines(import_id: int) -> ResponseReturnValue:
    """The lines that were refused, as far as they are kept."""
    mine = {brand.id for brand in staff_queries.brands_managed_by(current_standing())}
    found = queries.find_import(import_id) if import_id < 2**63 else None
    if found is None or found.brand_id not in mine:
        raise NotFound("no such import")
    lines = io.StringIO()
    write_refused(lines, found.id)
    return Response(
        lines.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=refused-{found.id}.csv"},
    )


def _page(said: dict[str, str], errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    imports = [_shown(one) for one in queries.imports_of_brands([brand.id for brand in brands])]
    page = page_or_block(
        "admin/imports.html",
        "imports",
        **around("imports"),
        brands=[(brand.id, brand.name) for brand in brands],
        brand_names={brand.id: brand.name for brand in brands},
        imports=imports,
        is_running=any(one.is_running for one in imports),
        given=said,
        errors=errors,
    )
    answer = make_response(page)
    answer.status_code = status
    return answer


def _shown(one: HistoryImport) -> Shown:
    is_running = bool(one.upload_key)
    if one.problem:
        words = one.problem
    elif not is_running:
        words = f"{one.messages:,} messages in {one.tickets:,} tickets; {one.known:,} were known"
    elif not one.is_read:
        words = f"Reading, {100 * one.next_byte // max(one.size, 1)} %"
    else:
        words = f"Writing, {one.messages:,} messages so far"
    return Shown(row=one, words=words, is_running=is_running)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
