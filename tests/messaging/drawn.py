"""Pictures drawn for tests, with all that a camera writes into them."""

import io
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

PLACE = b"52.5163N 13.3777E"
"""Stands in comments and XMP of a picture that tells where it was taken."""

UPRIGHT_AFTER_A_QUARTER_TURN = 6
"""EXIF orientation of a phone held upright."""


def picture(format_: str = "PNG", size: tuple[int, int] = (40, 30), *, mode: str = "RGB", **options: Any) -> bytes:
    return saved(Image.new(mode, size), format_, **options)


def telling_picture(format_: str, *, orientation: int = UPRIGHT_AFTER_A_QUARTER_TURN) -> bytes:
    """40 x 30 as stored, left half red; with EXIF, GPS, XMP, a comment and a colour profile."""
    image = Image.new("RGB", (40, 30), "blue")
    image.paste("red", (0, 0, 20, 30))
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + PLACE + b"</x:xmpmeta>"
    comments: dict[str, dict[str, Any]] = {
        "JPEG": {"comment": PLACE, "xmp": xmp, "quality": 90},
        "PNG": {"pnginfo": _png_texts(xmp)},
        "WEBP": {"xmp": xmp, "quality": 90},
    }
    return saved(image, format_, exif=camera_facts(orientation), icc_profile=colour_profile(), **comments[format_])


def camera_facts(orientation: int = UPRIGHT_AFTER_A_QUARTER_TURN) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Lichtbild AG"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 30.0, 58.7)
    return exif


def colour_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def animation(format_: str = "GIF", **options: Any) -> bytes:
    """Red for 100 ms, green for 200, blue for 300."""
    red, *others = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    return saved(red, format_, save_all=True, append_images=others, duration=[100, 200, 300], loop=0, **options)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def bomb() -> bytes:
    """A picture of a few bytes whose header says 20,000 x 20,000 pixels."""
    content = bytearray(picture("GIF", (2, 2)))
    content[6:10] = (20_000).to_bytes(2, "little") * 2
    return bytes(content)


def _png_texts(xmp: bytes) -> PngInfo:
    texts = PngInfo()
    texts.add_text("Comment", PLACE.decode())
    texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return texts
