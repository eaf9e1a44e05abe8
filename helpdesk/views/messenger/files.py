"""Photos and files, for those who take part in a conversation in which they were said."""

from uuid import UUID

from flask import current_app, request, send_file
from flask.typing import ResponseReturnValue

from helpdesk.messaging import media, native_queries
from helpdesk.views.access import Audience, open_to
from helpdesk.views.messenger.blueprint import blueprint
from helpdesk.views.messenger.frame import my_identity_id


@blueprint.get("/files/<uuid:public_id>")
@open_to(Audience.MEMBERS)
def show_file(public_id: UUID) -> ResponseReturnValue:
    """The file, or with `preview` a small picture of it."""
    file = native_queries.file_shown_to(public_id, my_identity_id())
    opened, mime = media.open_stored(file, current_app.config["SETTINGS"], preview=bool(request.args.get("preview")))
    response = send_file(
        opened,  # type: ignore[arg-type]
        mimetype=mime,
        download_name=file.name,
        as_attachment=not media.is_inline(mime),
        conditional=True,
        etag=f"{file.sha256}-{mime}",
        max_age=3600,
    )
    response.cache_control.private = True
    return response
