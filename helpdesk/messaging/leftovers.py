"""Files that came to nothing: uploads whose submit came twice, bytes whose row a crash prevented, half-written ones.

They are looked for in shares, one after the other, so that one look is short however many files there are. Nothing
younger than a day is touched: its row may still be on its way.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from config import Settings
from helpdesk.messaging import media_queries, storage
from helpdesk.orm import db
from helpdesk.transaction import after_commit

logger = logging.getLogger(__name__)

LEFT_ALONE_FOR = timedelta(days=1)

SHARES = 256
"""By the first two letters of the key, which is random: each share is as large as the others."""

_ONE_SHARE_EVERY = timedelta(minutes=5)
_AT_ONCE = 500


def share_of(at: datetime) -> str:
    """The share that is due at this instant; it takes most of a day until all have been."""
    return f"{int(at.timestamp() // _ONE_SHARE_EVERY.total_seconds()) % SHARES:02x}"


def delete_unshown(share: str, settings: Settings, *, at: datetime) -> None:
    """Delete the files of this share that no message shows, and their bytes after the commit."""
    for file in media_queries.lock_unshown_files(share, before=at - LEFT_ALONE_FOR, limit=_AT_ONCE):
        db.session.delete(file)
        after_commit(("discard", file.storage_key), partial(storage.discard, file.storage_key, settings))


def discard_unnamed(share: str, settings: Settings, *, at: datetime) -> None:
    """Take away what lies on the disk in this share and no file names.

    Nothing is taken where the database's newest files do not lie on this disk: one of the two is another's.
    """
    before = at - LEFT_ALONE_FOR
    found = storage.stored_before(before, share, settings)
    unnamed = found - media_queries.named_keys(found)
    if unnamed and not _is_ours(settings):
        logger.warning("files left alone: the database names none that lies in FILES_FOLDER")
        return
    for key in unnamed:
        storage.discard(key, settings)
    storage.discard_half_written(before, share, settings)


def _is_ours(settings: Settings) -> bool:
    return any(storage.is_kept(key, settings) for key in media_queries.newest_keys(limit=10))
