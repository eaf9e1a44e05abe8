"""History files that come through a page: kept until a worker has imported them, then taken away."""

import secrets
import shutil
from datetime import datetime
from pathlib import Path
from typing import IO

from config import Settings
from helpdesk import bells
from helpdesk.errors import InvalidInput
from helpdesk.importing.files import HistoryFile
from helpdesk.importing.models import HistoryImport
from helpdesk.importing.running import Progress, Wish, forget_lines, go_on
from helpdesk.orm import db
from helpdesk.people.models import Agent, Brand
from helpdesk.sla.calendar import zone_named
from helpdesk.transaction import after_commit, after_rollback, transaction

LARGEST = 2 * 1024**3
"""Bytes."""

_PIECE = 1024 * 1024


def keep_upload(stream: IO[bytes], *, settings: Settings) -> str:
    """Keep the file's bytes, and return their key. Raises InvalidInput for what is no history file; nothing is kept."""
    key = secrets.token_hex(16)
    path = path_of(key, settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with path.open("xb") as kept:
            path.chmod(0o600)
            shutil.copyfileobj(stream, kept, _PIECE)
        HistoryFile(path)
    except InvalidInput as error:
        path.unlink()
        raise InvalidInput(str(error).replace(path.name, "The file"), field="file") from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return key


def ask_for_import(
    key: str, *, name: str, brand: Brand, zone: str, by: Agent, at: datetime, settings: Settings
) -> HistoryImport:
    """Ask a worker to import a kept file; without the row, its bytes go."""
    path = path_of(key, settings)
    after_rollback(("upload", key), lambda: path.unlink(missing_ok=True))
    upload = HistoryImport(
        file_name=name[:200],
        fingerprint=f"upload {key}",
        size=path.stat().st_size,
        upload_key=key,
        brand_id=brand.id,
        zone=zone,
        started_at=at,
        started_by_agent_id=by.id,
    )
    db.session.add(upload)
    db.session.flush()
    bells.ring_after_commit(bells.IMPORT, upload.id)
    return upload


def go_on_with(import_id: int, *, settings: Settings, progress: Progress) -> None:
    """Import an upload from where it stopped, and take its file away. What `progress` raises breaks it off."""
    with transaction():
        upload = db.session.get_one(HistoryImport, import_id)
        key, brand_id, zone, at = upload.upload_key, upload.brand_id, upload.zone, upload.started_at
    if not key or brand_id is None:
        return
    path = path_of(key, settings)
    try:
        wish = Wish(brand_ids=[brand_id], brand_id=brand_id, zone=zone_named(zone) if zone else None)
        go_on(import_id, HistoryFile(path), wish, at=at, secret_key=settings.secret_key, progress=progress)
        problem = ""
    except InvalidInput as error:
        problem = str(error).replace(path.name, "the file")
    with transaction():
        upload = db.session.get_one(HistoryImport, import_id)
        upload.upload_key, upload.problem = "", problem
        forget_lines(import_id)
        after_commit(("upload", key), lambda: path.unlink(missing_ok=True))


def path_of(key: str, settings: Settings) -> Path:
    return settings.files_folder / "imports" / f"{key}.history"
