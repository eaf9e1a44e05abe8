"""Files of conversations, for the staff who may see one of their tickets."""

from uuid import UUID

from flask import current_app, request, send_file
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk.messaging import media
from helpdesk.tickets import page_queries
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint

# What was sent to us stays a picture or a download even where a browser would make a page of it.
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@blueprint.get("/files/<uuid:public_id>")
@open_to(Audience.AGENTS)
def show_file(public_id: UUID) -> ResponseReturnValue:
    """The file itself, or with `preview` its small picture; what a browser must not show comes as a download."""
    settings: Settings = current_app.config["SETTINGS"]
    file = page_queries.find_file(public_id, current_standing())
    content, mime = media.open_stored(file, settings, preview="preview" in request.args)
    response = send_file(
        content,  # type: ignore[arg-type]
        mimetype=mime,
        as_attachment=not media.is_inline(mime),
        download_name=file.name or "file",
        conditional=True,
        etag=f"{file.sha256}-{mime}",
        max_age=3600,
    )
    response.headers["Content-Security-Policy"] = _ALONE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control.private = True
    return response
