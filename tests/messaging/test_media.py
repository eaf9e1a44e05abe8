import dataclasses
import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from config import Settings
from helpdesk.channels import registry
from helpdesk.channels.port import (
    Capabilities,
    FailureClass,
    InboundMessage,
    InboundPart,
    OutboundFile,
    OutcomeUnknown,
    PartKind,
    SendFailed,
)
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import media, media_queries
from helpdesk.messaging.media import LEASE, MOST_TRIES
from helpdesk.messaging.models import Conversation, File, Message
from helpdesk.messaging.sealing import UnreadableFile
from helpdesk.orm import db
from helpdesk.transaction import transaction
from tests.messaging.drawn import PLACE, animation, bomb, opened, picture, telling_picture
from tests.support.cast import Cast, assemble, dana_says, hear

HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
MEGABYTE = 1024 * 1024


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with files of this test's own, of at most a megabyte."""
    return dataclasses.replace(settings, files_folder=tmp_path / "files", max_upload_bytes=MEGABYTE)


def stored_paths(house: Settings) -> list[Path]:
    return [path for path in house.files_folder.rglob("*") if path.is_file()]


def upload(content: bytes, house: Settings, *, name: str = "notes.txt", limits: Capabilities | None = None) -> File:
    return media.store_upload(io.BytesIO(content), name=name, settings=house, limits=limits)


def refusal(content: bytes, house: Settings, *, name: str, limits: Capabilities | None = None) -> str:
    """The words for the person, who is told beside the files; nothing may have been kept."""
    with pytest.raises(InvalidInput) as refused:
        upload(content, house, name=name, limits=limits)
    assert refused.value.field == "files"
    assert stored_paths(house) == []
    assert db.session.scalar(select(func.count()).select_from(File)) == 0
    return str(refused.value)


# Uploads


@pytest.mark.usefixtures("session")
def test_an_upload_is_stored_and_read_again(house: Settings) -> None:
    content = b"Order 4711\n" * 30_000

    file = upload(content, house)

    assert (file.state, file.name, file.mime) == ("stored", "notes.txt", "text/plain")
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (file.width, file.height, file.has_preview) == (None, None, False)
    assert media.read(file.storage_key, house) == content
    assert db.session.get(File, file.id) is file


@pytest.mark.usefixtures("session")
def test_a_photo_is_stored_upright_without_its_place_and_with_a_preview(house: Settings) -> None:
    file = upload(telling_picture("JPEG"), house, name="IMG_1.jpg")

    kept = media.read(file.storage_key, house)
    assert (file.mime, file.width, file.height, file.has_preview) == ("image/jpeg", 30, 40, True)
    assert (file.size, file.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert PLACE not in kept
    assert opened(kept).size == (30, 40)


@pytest.mark.usefixtures("session")
def test_a_png_named_jpg_is_called_what_it_is(house: Settings) -> None:
    file = upload(picture("PNG"), house, name="shot.jpg")

    assert (file.name, file.mime) == ("shot.png", "image/png")


@pytest.mark.usefixtures("session")
def test_an_animated_gif_is_stored_as_it_is(house: Settings) -> None:
    file = upload(animation("GIF"), house, name="wave.gif")

    assert media.read(file.storage_key, house) == animation("GIF")


@pytest.mark.usefixtures("session")
def test_a_dangerous_name_is_stored_harmless(house: Settings) -> None:
    names = ["../../etc/passwd", "bill\u202efdp.exe", "x" * 300 + ".txt", "🧾.txt"]

    kept = [upload(b"hello", house, name=name).name for name in names]

    assert kept == ["passwd", "billfdp.exe", "x" * 116 + ".txt", "🧾.txt"]


@pytest.mark.usefixtures("session")
def test_an_empty_file_is_refused(house: Settings) -> None:
    assert refusal(b"", house, name="notes.txt") == "notes.txt: this file is empty."


@pytest.mark.usefixtures("session")
def test_a_file_at_the_limit_is_taken(house: Settings) -> None:
    assert upload(b"x" * MEGABYTE, house).size == MEGABYTE


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("name", ["notes.txt", "film.bin"])
def test_a_file_over_the_limit_is_refused_with_the_limit(house: Settings, name: str) -> None:
    assert refusal(b"x" * (MEGABYTE + 1), house, name=name) == f"{name}: this file is too large; up to 1 MB go."


@pytest.mark.usefixtures("session")
def test_a_file_without_end_is_read_no_further_than_the_limit(house: Settings) -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(InvalidInput, match="too large"):
        media.store_upload(stream, name="notes.txt", settings=house)

    assert stream.given <= MEGABYTE + 64 * 1024
    assert stored_paths(house) == []


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        pytest.param(HTML, "photo.png", "not what its name says", id="html called png"),
        pytest.param(b"<svg onload=alert(1)>", "photo.jpg", "not what its name says", id="svg called jpg"),
        pytest.param(b"MZ" + bytes(100), "invoice.pdf", "not what its name says", id="program called pdf"),
        pytest.param(picture("PNG")[:60], "photo.png", "damaged", id="half a picture"),
        pytest.param(bomb(), "photo.gif", "too many pixels; up to 64 million go", id="pixel bomb"),
    ],
)
def test_a_bad_file_is_refused_in_words(house: Settings, content: bytes, name: str, words: str) -> None:
    message = refusal(content, house, name=name)

    assert message.startswith(f"{name}: ")
    assert words in message


@pytest.mark.usefixtures("session")
def test_a_channel_that_carries_less_says_so_before_anything_is_sent(house: Settings) -> None:
    small = dataclasses.replace(
        registry.capabilities("x"), image_max_bytes=100, file_max_bytes=200_000, file_types=frozenset({"text/plain"})
    )

    assert "this file is too large; up to 100 bytes go" in refusal(
        telling_picture("JPEG"), house, name="photo.jpg", limits=small
    )
    assert "up to 195 kB go" in refusal(b"x" * 300_000, house, name="notes.txt", limits=small)
    assert "does not carry files of this type" in refusal(b"%PDF-1.7\n", house, name="a.pdf", limits=small)


@pytest.mark.usefixtures("session")
def test_an_upload_that_breaks_off_leaves_nothing(house: Settings) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 200_000:
                raise ConnectionResetError
            return super().read(size)

    with pytest.raises(ConnectionResetError):
        media.store_upload(Breaking(b"x" * 500_000), name="notes.txt", settings=house)

    assert stored_paths(house) == []


@pytest.mark.usefixtures("session")
def test_an_upload_whose_submit_is_refused_leaves_nothing(house: Settings) -> None:
    def submit_what_is_refused() -> None:
        upload(b"hello", house)
        upload(picture(), house, name="photo.png")
        raise InvalidInput("Write something first.")

    with pytest.raises(InvalidInput), transaction():
        submit_what_is_refused()

    assert db.session.scalar(select(func.count()).select_from(File)) == 0
    assert stored_paths(house) == []


@pytest.mark.usefixtures("session")
def test_an_upload_that_is_kept_is_not_taken_away_by_what_fails_later(house: Settings) -> None:
    with transaction():
        key = upload(b"hello", house).storage_key

    with pytest.raises(InvalidInput), transaction():
        raise InvalidInput("Write something first.")

    assert media.read(key, house) == b"hello"


@pytest.mark.usefixtures("session")
def test_an_upload_whose_commit_was_not_answered_is_kept(house: Settings) -> None:
    def lose_the_answer(_: object) -> None:
        raise ConnectionResetError

    event.listen(db.session, "before_commit", lose_the_answer)
    with pytest.raises(ConnectionResetError), transaction():
        upload(b"hello", house)
    event.remove(db.session, "before_commit", lose_the_answer)

    assert len(stored_paths(house)) == 1


# Giving out


@pytest.mark.usefixtures("session")
def test_a_photo_and_its_preview_are_given_out(house: Settings) -> None:
    file = upload(picture("JPEG", (2000, 1000)), house, name="photo.jpg")

    whole, mime = media.open_stored(file, house, preview=False)
    preview, preview_mime = media.open_stored(file, house, preview=True)

    assert (mime, whole.size) == ("image/jpeg", file.size)
    assert preview_mime == "image/webp"
    assert opened(preview.read()).size == (1024, 512)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("content", "name"), [(HTML, "page.html"), (b"%PDF-1.7\n%\xe2\xe3", "a.pdf"), (b"<svg xmlns=''/>", "a.svg")]
)
def test_what_could_run_a_script_is_given_out_as_plain_bytes(house: Settings, content: bytes, name: str) -> None:
    file = upload(content, house, name=name)

    _, mime = media.open_stored(file, house, preview=False)

    assert mime == "application/octet-stream"
    assert not media.is_inline(file.mime)


@pytest.mark.usefixtures("session")
def test_there_is_no_preview_of_what_is_no_picture(house: Settings) -> None:
    with pytest.raises(NotFound):
        media.open_stored(upload(b"hello", house), house, preview=True)


def test_a_medium_that_still_waits_is_not_given_out(house: Settings) -> None:
    with pytest.raises(NotFound):
        media.open_stored(File(state="waiting"), house, preview=False)


def test_bytes_that_were_never_stored_cannot_be_read(house: Settings) -> None:
    with pytest.raises(UnreadableFile):
        media.read("", house)


# What networks hold


def with_media(message: InboundMessage, *urls: str) -> InboundMessage:
    parts = tuple(InboundPart(kind=PartKind.IMAGE, source_url=url, mime="image/png", name="told.png") for url in urls)
    return dataclasses.replace(message, parts=parts)


def dana_sends(cast: Cast, *urls: str, at: datetime) -> tuple[Conversation, Message]:
    """A message of hers with a medium at each address, its conversation before it."""
    hear(cast.x, with_media(dana_says("", at=at), *urls))
    message = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    return db.session.get_one(Conversation, message.conversation_id), message


def claim(cast: Cast, *, at: datetime) -> int:
    with transaction():
        claimed = media.claim_waiting(cast.x.id, at=at)
    assert claimed is not None
    return claimed[0]


def failed(failure: FailureClass, retry_at: datetime | None = None) -> SendFailed:
    return SendFailed(failure, "The network said no.", retry_at=retry_at)


def fetched(content: bytes, name: str = "a.png", mime: str = "image/png") -> OutboundFile:
    return OutboundFile(name=name, mime=mime, content=content)


def test_a_medium_is_claimed_with_its_address_under_a_lease(cast: Cast, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)

    claimed = media.claim_waiting(cast.x.id, at=at)

    assert claimed is not None
    file = db.session.get_one(File, claimed[0])
    assert claimed[1] == "https://ton.x.com/1"
    assert (file.attempts, file.next_attempt_at) == (1, at + LEASE)
    assert media.claim_waiting(cast.x.id, at=at) is None


def test_a_worker_that_dies_only_delays_a_medium(cast: Cast, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    first = claim(cast, at=at)

    assert media_queries.accounts_with_waiting_media(at=at + LEASE - timedelta(seconds=1)) == []
    assert media_queries.accounts_with_waiting_media(at=at + LEASE) == [cast.x.id]
    assert claim(cast, at=at + LEASE) == first


def test_a_medium_that_takes_every_worker_down_is_given_up(cast: Cast, at: datetime) -> None:
    conversation, message = dana_sends(cast, "https://ton.x.com/1", at=at)
    for n in range(MOST_TRIES):
        file_id = claim(cast, at=at + n * LEASE)
    before = conversation.version

    assert media.claim_waiting(cast.x.id, at=at + MOST_TRIES * LEASE) is None

    db.session.expire_all()
    file = db.session.get_one(File, file_id)
    assert (file.state, file.last_error) == ("failed", "The worker stopped at every try to fetch it.")
    assert message.version == conversation.version == before + 1


def test_another_account_does_not_claim_it(cast: Cast, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)

    assert media.claim_waiting(cast.native.id, at=at) is None


def test_a_medium_that_came_is_kept_untouched_and_open_pages_see_it(cast: Cast, house: Settings, at: datetime) -> None:
    conversation, message = dana_sends(cast, "https://ton.x.com/1", at=at)
    before = conversation.version
    file_id, picture = claim(cast, at=at), telling_picture("JPEG")

    shown_in = media.keep_fetched(file_id, fetched(picture), house)

    db.session.flush()
    db.session.expire_all()
    file = db.session.get_one(File, file_id)
    assert shown_in == [conversation.id]
    assert (file.state, file.mime, file.name) == ("stored", "image/jpeg", "a.jpg")
    assert (file.width, file.height, file.has_preview, file.next_attempt_at) == (30, 40, True, None)
    assert media.read(file.storage_key, house) == picture
    assert message.version == conversation.version == before + 1


@pytest.mark.parametrize("content", [HTML, picture("PNG")[:60], bomb()], ids=["html", "half a picture", "bomb"])
def test_what_is_no_picture_is_kept_for_download_only(
    cast: Cast, house: Settings, at: datetime, content: bytes
) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    file_id = claim(cast, at=at)

    media.keep_fetched(file_id, fetched(content), house)

    file = db.session.get_one(File, file_id)
    assert (file.state, file.has_preview, media.is_inline(file.mime)) == ("stored", False, False)
    assert media.read(file.storage_key, house) == content


def test_an_empty_medium_is_given_up(cast: Cast, house: Settings, at: datetime) -> None:
    conversation, _ = dana_sends(cast, "https://ton.x.com/1", at=at)
    file_id = claim(cast, at=at)

    assert media.keep_fetched(file_id, fetched(b""), house) == [conversation.id]

    file = db.session.get_one(File, file_id)
    assert (file.state, file.last_error) == ("failed", "The network sent an empty file.")


def test_a_medium_fetched_twice_is_kept_once(cast: Cast, house: Settings, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    file_id = claim(cast, at=at)
    media.keep_fetched(file_id, fetched(picture("PNG")), house)
    db.session.flush()
    paths = sorted(stored_paths(house))

    assert media.keep_fetched(file_id, fetched(picture("PNG")), house) == []
    assert media.note_fetch_failed(file_id, failed(FailureClass.CONTENT), at=at) == []

    assert sorted(stored_paths(house)) == paths
    assert db.session.get_one(File, file_id).state == "stored"


@pytest.mark.parametrize(
    "error",
    [failed(FailureClass.TRANSIENT), failed(FailureClass.THROTTLED), OutcomeUnknown("No answer came.")],
    ids=["transient", "throttled", "no answer"],
)
def test_what_may_pass_is_tried_again_later(cast: Cast, at: datetime, error: SendFailed | OutcomeUnknown) -> None:
    conversation, message = dana_sends(cast, "https://ton.x.com/1", at=at)
    before = conversation.version
    file_id = claim(cast, at=at)

    assert media.note_fetch_failed(file_id, error, at=at) == [conversation.id]

    db.session.flush()
    db.session.expire_all()
    file = db.session.get_one(File, file_id)
    assert (file.state, file.last_error) == ("waiting", str(error))
    assert file.next_attempt_at is not None
    assert timedelta(seconds=30) <= file.next_attempt_at - at <= timedelta(seconds=60)
    assert message.version == conversation.version == before + 1


def test_the_instant_that_the_network_names_is_kept_to(cast: Cast, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    file_id = claim(cast, at=at)

    media.note_fetch_failed(file_id, failed(FailureClass.THROTTLED, at + timedelta(minutes=15)), at=at)

    assert db.session.get_one(File, file_id).next_attempt_at == at + timedelta(minutes=15)


def test_pauses_double_up_to_an_hour_and_then_it_is_given_up(cast: Cast, at: datetime) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    pauses = []
    for _ in range(MOST_TRIES - 1):
        file = db.session.get_one(File, claim(cast, at=at))
        media.note_fetch_failed(file.id, failed(FailureClass.TRANSIENT), at=at)
        assert file.next_attempt_at is not None
        pauses.append((file.next_attempt_at - at).total_seconds())
        at = file.next_attempt_at
    media.note_fetch_failed(claim(cast, at=at), failed(FailureClass.TRANSIENT), at=at)

    longest = [60, 120, 240, 480, 960, 1920, 3600]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    assert (file.state, file.next_attempt_at, file.last_error) == ("failed", None, "The network said no.")
    assert media_queries.accounts_with_waiting_media(at=at + timedelta(days=1)) == []


@pytest.mark.parametrize("failure", [f for f in FailureClass if f not in ("transient", "throttled")])
def test_what_does_not_pass_is_given_up_at_once(cast: Cast, at: datetime, failure: FailureClass) -> None:
    dana_sends(cast, "https://ton.x.com/1", at=at)
    file_id = claim(cast, at=at)

    media.note_fetch_failed(file_id, failed(failure), at=at)

    file = db.session.get_one(File, file_id)
    assert (file.state, file.next_attempt_at, file.last_error) == ("failed", None, "The network said no.")


# Two workers


@pytest.fixture
def committed_cast(committed: Flask, at: datetime) -> Cast:
    cast = assemble(at=at)
    dana_sends(cast, "https://ton.x.com/1", "https://ton.x.com/2", at=at)
    return cast


def test_two_workers_that_claim_at_once_get_two_media(committed: Flask, committed_cast: Cast, at: datetime) -> None:
    account_id, both_hold_one = committed_cast.x.id, threading.Barrier(2, timeout=10)

    def claim_and_hold() -> str:
        with committed.app_context(), transaction():
            claimed = media.claim_waiting(account_id, at=at)
            db.session.flush()
            both_hold_one.wait()
        assert claimed is not None
        return claimed[1]

    with ThreadPoolExecutor(2) as workers:
        first, second = workers.submit(claim_and_hold), workers.submit(claim_and_hold)

    assert {first.result(), second.result()} == {"https://ton.x.com/1", "https://ton.x.com/2"}
