import io
import zipfile

import pytest

from helpdesk.messaging.file_types import INLINE, UNKNOWN, is_lie, named_truly, true_type
from tests.messaging.drawn import picture

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OGG = b"OggS\0\x02" + bytes(20)
EBML = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82"


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mp42isom" + bytes(100)


def packed(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "content")
    return out.getvalue()


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(100)


@pytest.mark.parametrize(
    ("head", "name", "mime"),
    [
        (picture("PNG"), "a.png", "image/png"),
        (picture("PNG"), "a.jpg", "image/png"),
        (picture("JPEG"), "a", "image/jpeg"),
        (picture("GIF"), "a.gif", "image/gif"),
        (picture("WEBP"), "a.webp", "image/webp"),
        (picture("AVIF"), "a.avif", "image/avif"),
        (ftyp(b"heic"), "a.heic", "image/heif"),
        (ftyp(b"mif1"), "a.heic", "image/heif"),
        (picture("BMP"), "a.bmp", "image/bmp"),
        (ftyp(b"isom"), "a.mp4", "video/mp4"),
        (ftyp(b"iso6"), "a.mp4", "video/mp4"),
        (ftyp(b"M4A "), "a.m4a", "audio/mp4"),
        (ftyp(b"qt  "), "a.mov", "video/quicktime"),
        (EBML + b"\x84webmB\x87" + bytes(100), "a.webm", "video/webm"),
        (EBML + b"\x84webmB\x87" + bytes(100), "voice.weba", "audio/webm"),
        (EBML + b"\x88matroskaB\x87" + bytes(100), "a.mkv", "video/x-matroska"),
        (OGG + b"\x01\x13OpusHead\x01" + bytes(100), "voice.ogg", "audio/ogg"),
        (OGG + b"\x01\x2a\x80theora" + bytes(100), "a.ogv", "video/ogg"),
        (b"ID3\x03\0\0\0\0\0\x21TIT2" + bytes(100), "a.mp3", "audio/mpeg"),
        (b"\xff\xf3\x90\x64" + bytes(400), "a.mp3", "audio/mpeg"),
        (PDF, "a.pdf", "application/pdf"),
        (packed("word/document.xml"), "a.docx", WORD),
        (packed("a.txt"), "a.zip", "application/zip"),
        (packed("a.txt"), "a.png", "application/zip"),
        (HTML, "a.html", "text/html"),
        (HTML, "a.png", "text/html"),
        (SVG, "a.svg", "image/svg+xml"),
        (SVG, "a.png", "image/svg+xml"),
        ("BMW prices, für Sie\n".encode(), "prices.txt", "text/plain"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"hello", "a", "text/plain"),
        (EXE, "setup.exe", UNKNOWN),
        (bytes(range(256)), "a.bin", UNKNOWN),
        (b"", "a.txt", "text/plain"),
    ],
)
def test_a_file_is_known_by_its_bytes(head: bytes, name: str, mime: str) -> None:
    assert true_type(head, name) == mime


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (HTML, "photo.png"),
        (b"<script>alert(1)</script>", "photo.jpg"),
        (SVG, "photo.webp"),
        (EXE, "invoice.pdf"),
        (HTML, "song.mp3"),
        (b"not a zip", "letter.docx"),
        (picture("PNG"), "film.mp4"),
        (PDF, "photo.gif"),
    ],
)
def test_a_name_that_promises_another_kind_of_file_is_a_lie(head: bytes, name: str) -> None:
    assert is_lie(true_type(head, name), name)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (picture("PNG"), "photo.jpg"),
        (picture("PNG"), "photo"),
        (picture("PNG"), "photo.final"),
        (packed("x"), "letter.docx"),
        (ftyp(b"M4A "), "song.mp3"),
        (HTML, "page.html"),
        (b"hello", "notes.txt"),
    ],
)
def test_an_honest_mistake_is_none(head: bytes, name: str) -> None:
    assert not is_lie(true_type(head, name), name)


@pytest.mark.parametrize(
    ("name", "mime", "true_name"),
    [
        ("photo.jpg", "image/png", "photo.png"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("photo", "image/jpeg", "photo.jpg"),
        ("song.mp3", "audio/mp4", "song.m4a"),
        ("letter.docx", "application/zip", "letter.docx"),
        ("backup.tar", "text/plain", "backup.tar"),
        ("README", "text/plain", "README"),
        ("data", UNKNOWN, "data"),
        ("x" * 120, "image/png", "x" * 116 + ".png"),
    ],
)
def test_a_name_gets_the_extension_of_what_the_file_is(name: str, mime: str, true_name: str) -> None:
    assert named_truly(name, mime) == true_name


def test_nothing_that_can_run_a_script_is_shown_inside_a_page() -> None:
    assert INLINE.isdisjoint({"text/html", "image/svg+xml", "application/xml", "application/pdf", UNKNOWN})
