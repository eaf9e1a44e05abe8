"""A file's way to X before a message can carry it: initialize, append, finalize, and wait until it is processed."""

import time
from collections.abc import Callable, Mapping

from helpdesk.channels import http
from helpdesk.channels.port import Connection, FailureClass, OutboundFile, SendFailed
from helpdesk.channels.x.errors import failure_of_request
from helpdesk.channels.x.payloads import Upload, UploadAnswer, read

SEGMENT_BYTES = 4 * 1024 * 1024
PROCESSING_MAX_SECONDS = 120.0


class Uploader:
    """Uploads under one account's token. Every step may be repeated: an unused medium is forgotten by X in a day."""

    def __init__(
        self,
        connection: Connection,
        headers: Mapping[str, str],
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._connection = connection
        self._headers = headers
        self._sleep = sleep

    def upload(self, attached: OutboundFile) -> str:
        """The media id, ready to be sent within 24 hours. Raises SendFailed."""
        upload = self._initialize(attached)
        for index in range(0, len(attached.content), SEGMENT_BYTES):
            self._append(upload, attached, index // SEGMENT_BYTES)
        self._wait_until_processed(self._finalize(upload))
        return str(upload.id)

    def _initialize(self, attached: OutboundFile) -> Upload:
        described = {
            "media_type": attached.mime,
            "total_bytes": len(attached.content),
            "media_category": category_of(attached.mime),
        }
        return _uploaded(self._call("POST", "/2/media/upload/initialize", json=described))

    def _append(self, upload: Upload, attached: OutboundFile, index: int) -> None:
        segment = attached.content[index * SEGMENT_BYTES : (index + 1) * SEGMENT_BYTES]
        self._call(
            "POST",
            f"/2/media/upload/{upload.id}/append",
            data={"segment_index": str(index)},
            files={"media": ("segment", segment, "application/octet-stream")},
        )

    def _finalize(self, upload: Upload) -> Upload:
        return _uploaded(self._call("POST", f"/2/media/upload/{upload.id}/finalize"))

    def _wait_until_processed(self, upload: Upload) -> None:
        waited = 0.0
        while upload.processing_info is not None and upload.processing_info.state != "succeeded":
            if upload.processing_info.state == "failed":
                raise SendFailed(FailureClass.CONTENT, "X could not process the file", code="processing_failed")
            if waited >= PROCESSING_MAX_SECONDS:
                raise SendFailed(FailureClass.TRANSIENT, "X is still processing the file", code="processing")
            pause = min(max(upload.processing_info.check_after_secs, 0.1), PROCESSING_MAX_SECONDS - waited)
            self._sleep(pause)
            waited += pause
            upload = self._status(upload)

    def _status(self, upload: Upload) -> Upload:
        return _uploaded(self._call("GET", "/2/media/upload", params={"command": "STATUS", "media_id": str(upload.id)}))

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> http.Answer:
        answer = http.ask(
            http.Call(
                method=method,
                url=self._connection.api_url + path,
                headers=self._headers,
                json=json,
                params=params,
                data=data,
                files=files,
                allow_private_addresses=self._connection.allow_private_addresses,
            )
        )
        if not answer.is_success:
            raise failure_of_request(answer)
        return answer


def category_of(mime: str) -> str:
    """X's name for what the file is to be used as; with a category for posts it could not be sent as a DM."""
    if mime == "image/gif":
        return "dm_gif"
    return "dm_video" if mime.startswith("video/") else "dm_image"


def _uploaded(answer: http.Answer) -> Upload:
    told = read(answer.body, UploadAnswer)
    if told is None or not str(told.data.id).isalnum():
        raise SendFailed(FailureClass.TRANSIENT, "X's answer to the upload cannot be read", code="unreadable")
    return told.data
