"""Pictures: checked by decoding them, turned upright, freed of what they tell about their maker."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps, ImageSequence
from PIL.JpegImagePlugin import get_sampling

from helpdesk.errors import HelpdeskError

MOST_PIXELS = 64_000_000
"""Of all frames together. Decoded, this is a quarter of a gigabyte; the largest phone cameras make 50 million."""

PREVIEW_PIXELS = 1024
"""The longer side of a preview."""

PREVIEW_TYPE = "image/webp"

# A phone's JPEG with a depth map or a second view calls itself MPO.
_FORMATS = {"image/png": ("PNG",), "image/jpeg": ("JPEG", "MPO"), "image/gif": ("GIF",), "image/webp": ("WEBP",)}

# What of a picture's own facts changes how it looks. The rest (EXIF, XMP, comments) tells where and by whom.
_LOOKS = ("icc_profile", "transparency", "gamma")


class UnreadablePicture(HelpdeskError):
    """It cannot be decoded."""


class TooManyPixels(HelpdeskError):
    """Small as a file, it would fill the memory."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture as it is to be kept. Width and height are pixels as people see them."""

    content: bytes = field(repr=False)
    width: int
    height: int
    preview: bytes = field(repr=False)


def as_it_is(content: bytes, mime: str) -> Picture:
    """Measured and with a preview, its bytes untouched. Raises UnreadablePicture, TooManyPixels."""
    with _opened(content, mime) as image:
        return _picture(content, _upright(image))


def without_traces(content: bytes, mime: str) -> Picture:
    """Encoded anew, upright, without EXIF, place and comments. Raises UnreadablePicture, TooManyPixels.

    An animated GIF stays as it is: it cannot carry EXIF, and its frames would lose by a second encoding.
    """
    with _opened(content, mime) as image:
        if _is_animated(image):
            return _picture(content if mime == "image/gif" else _encoded_frames(image), image.copy())
        upright = _upright(image)
        return _picture(_encoded(upright, image), upright)


@contextmanager
def _opened(content: bytes, mime: str) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS[mime]) as image:
            _check_pixels(image)
            image.load()
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(str(error)) from error
    except HelpdeskError:
        raise
    except Exception as error:
        # A damaged picture makes the decoders raise nearly anything.
        raise UnreadablePicture(f"{type(error).__name__} while decoding") from error


def _check_pixels(image: Image.Image) -> None:
    # Known from the header, before anything is decoded. Pillow itself only warns below twice its own limit.
    frames = getattr(image, "n_frames", 1) if _is_animated(image) else 1
    if image.width * image.height * frames > MOST_PIXELS:
        raise TooManyPixels(f"{image.width} x {image.height} pixels, {frames} frames")


def _is_animated(image: Image.Image) -> bool:
    # A phone's second view (MPO) is no animation: only the photo itself is kept.
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def _upright(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    upright.info = {name: value for name, value in image.info.items() if name in _LOOKS}
    return upright


def _encoded(upright: Image.Image, original: Image.Image) -> bytes:
    if original.format in ("JPEG", "MPO"):
        return _encoded_jpeg(upright, original)
    if original.format == "WEBP":
        return _saved(upright, "WEBP", quality=90, exact=True, icc_profile=upright.info.get("icc_profile"))
    return _saved(upright, original.format or "PNG")


def _encoded_jpeg(upright: Image.Image, original: Any) -> bytes:
    """With the tables of the original, so that it neither grows nor visibly loses."""
    if upright.mode not in ("L", "RGB"):
        upright.info.pop("icc_profile", None)
        return _saved(upright.convert("RGB"), "JPEG", quality=90)
    sampling = get_sampling(original)
    return _saved(
        upright,
        "JPEG",
        qtables=original.quantization,
        subsampling=sampling if sampling >= 0 else 0,
        icc_profile=upright.info.get("icc_profile"),
    )


def _encoded_frames(image: Image.Image) -> bytes:
    durations = [_shown_for(frame) for frame in ImageSequence.Iterator(image)]
    image.seek(0)
    return _saved(
        image,
        image.format or "WEBP",
        save_all=True,
        duration=durations,
        loop=image.info.get("loop", 0),
        icc_profile=image.info.get("icc_profile"),
        exif=b"",
        xmp=b"",
    )


def _shown_for(frame: Image.Image) -> int:
    """Milliseconds."""
    # WebP tells it only of a frame that has been decoded.
    frame.load()
    return int(frame.info.get("duration", 0))


def _saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def _picture(content: bytes, upright: Image.Image) -> Picture:
    width, height = upright.size
    return Picture(content=content, width=width, height=height, preview=_preview(upright))


def _preview(upright: Image.Image) -> bytes:
    # A profile of grey tones or of inks means nothing to the RGB that a preview is in.
    profile = upright.info.get("icc_profile") if upright.mode in ("RGB", "RGBA", "P") else None
    small = _eight_bits(upright).convert("RGBA" if upright.has_transparency_data else "RGB")
    small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    return _saved(small, "WEBP", quality=80, icc_profile=profile)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scans and X-rays have 65,536 greys, of which a plain conversion would make white."""
    return image.point(lambda grey: grey * (1 / 256)).convert("L") if image.mode.startswith("I") else image
