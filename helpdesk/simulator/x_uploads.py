"""Media on their way to a message: initialized, appended in segments, finalized, processed, good for a day."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk import clock
from helpdesk.simulator.x_world import Ids, Medium

LIFE = timedelta(hours=24)
MAX_BYTES = {"dm_image": 5 * 1024**2, "dm_gif": 15 * 1024**2, "dm_video": 512 * 1024**2}

PROCESSED = ("dm_video", "dm_gif")

BROKEN = b"broken"
"""A file that begins so cannot be processed."""


class UploadRefused(Exception):
    """The step does not fit what was announced."""


@dataclass
class Upload:
    id: str
    mime: str
    category: str
    total_bytes: int
    expires_at: datetime
    segments: dict[int, bytes] = field(default_factory=dict)
    questions_left: int = 0
    """How often its state is asked for before a video or GIF is processed."""
    is_finalized: bool = False
    is_broken: bool = False
    """It cannot be processed."""

    @property
    def content(self) -> bytes:
        return b"".join(segment for _, segment in sorted(self.segments.items()))

    @property
    def is_ready(self) -> bool:
        return self.is_finalized and self.questions_left == 0 and not self.is_broken

    @property
    def state(self) -> str:
        """Of its processing, as X names it."""
        if self.questions_left:
            return "pending" if self.questions_left > 1 else "in_progress"
        return "failed" if self.is_broken else "succeeded"


class Uploads:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def initialize(self, *, mime: str, category: str, total_bytes: int) -> Upload:
        if category not in MAX_BYTES:
            raise UploadRefused("media_category is not one for direct messages")
        if not 0 < total_bytes <= MAX_BYTES[category]:
            raise UploadRefused("File size is not allowed")
        upload = Upload(self._ids.next(), mime, category, total_bytes, clock.now() + LIFE)
        with self._lock:
            self._uploads[upload.id] = upload
        return upload

    def append(self, upload_id: str, index: int, segment: bytes) -> None:
        upload = self.find(upload_id)
        if not 0 <= index <= 999 or upload.is_finalized:
            raise UploadRefused("segment_index is not allowed")
        upload.segments[index] = segment

    def finalize(self, upload_id: str) -> Upload:
        upload = self.find(upload_id)
        if len(upload.content) != upload.total_bytes:
            raise UploadRefused("Size of the segments is not total_bytes")
        upload.is_finalized = True
        upload.questions_left = 2 if upload.category in PROCESSED else 0
        upload.is_broken = upload.content.startswith(BROKEN)
        return upload

    def expire_all(self) -> None:
        """As if a day had passed: what was uploaded is forgotten."""
        with self._lock:
            self._uploads.clear()

    def ask(self, upload_id: str) -> Upload:
        """Its state; every question brings a video nearer to its end."""
        upload = self.find(upload_id)
        upload.questions_left = max(upload.questions_left - 1, 0)
        return upload

    def find(self, upload_id: str) -> Upload:
        with self._lock:
            upload = self._uploads.get(upload_id)
        if upload is None or upload.expires_at < clock.now():
            raise UploadRefused("media id not found")
        return upload

    def ready_medium(self, upload_id: str) -> Medium | None:
        """What a message may carry; None when it is unknown, spent or not processed."""
        try:
            upload = self.find(upload_id)
        except UploadRefused:
            return None
        return Medium(id=upload.id, mime=upload.mime, content=upload.content) if upload.is_ready else None
