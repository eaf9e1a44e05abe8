from collections.abc import Callable

import pytest
from PIL import Image, ImageSequence

from helpdesk.messaging import pictures
from helpdesk.messaging.pictures import Picture, TooManyPixels, UnreadablePicture
from tests.messaging.drawn import PLACE, animation, bomb, camera_facts, opened, picture, saved, telling_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def is_near(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 40 for a, b in zip(colour[:3], wanted, strict=True))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_photo_loses_what_it_tells_of_its_maker_and_keeps_its_colours(format_: str) -> None:
    told = telling_picture(format_)
    assert PLACE in told

    kept = pictures.without_traces(told, f"image/{format_.lower()}")

    image = opened(kept.content)
    assert image.format == format_
    assert dict(image.getexif()) == {}
    assert PLACE not in kept.content + kept.preview
    assert b"Lichtbild" not in kept.content + kept.preview
    assert image.info["icc_profile"]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_a_phone_held_upright_stands_upright(format_: str) -> None:
    kept = pictures.without_traces(telling_picture(format_), f"image/{format_.lower()}")

    image, preview = opened(kept.content).convert("RGB"), opened(kept.preview).convert("RGB")
    assert (kept.width, kept.height) == image.size == preview.size == (30, 40)
    assert is_near(image.getpixel((15, 5)), RED)
    assert is_near(image.getpixel((15, 35)), BLUE)
    assert is_near(preview.getpixel((15, 5)), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_measured_as_people_see_it(orientation: int) -> None:
    measured = pictures.as_it_is(telling_picture("JPEG", orientation=orientation), "image/jpeg")

    assert (measured.width, measured.height) == ((40, 30) if orientation < 5 else (30, 40))


def test_a_jpeg_neither_grows_nor_loses_by_the_second_encoding() -> None:
    told = picture("JPEG", (800, 600), quality=60)

    assert len(pictures.without_traces(told, "image/jpeg").content) <= len(told)


def test_what_a_network_sent_stays_untouched() -> None:
    told = telling_picture("JPEG")

    assert pictures.as_it_is(told, "image/jpeg").content == told


def test_an_animated_gif_stays_as_it_is() -> None:
    told = animation("GIF")

    kept = pictures.without_traces(told, "image/gif")

    assert kept.content == told
    assert opened(kept.preview).format == "WEBP"


@pytest.mark.parametrize("format_", ["WEBP", "PNG"])
def test_other_animations_keep_moving_without_their_traces(format_: str) -> None:
    kept = pictures.without_traces(animation(format_, exif=camera_facts()), f"image/{format_.lower()}")

    image = opened(kept.content)
    durations = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        durations.append(frame.info["duration"])
    assert durations == [100, 200, 300]
    assert dict(image.getexif()) == {}
    assert b"Lichtbild" not in kept.content


def test_a_gif_that_stands_still_loses_its_comment() -> None:
    assert PLACE not in pictures.without_traces(picture("GIF", comment=PLACE), "image/gif").content


@pytest.mark.parametrize(
    ("format_", "mode"),
    [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("PNG", "I;16"), ("PNG", "RGBA")],
)
def test_every_way_to_store_colours_is_taken(format_: str, mode: str) -> None:
    kept = pictures.without_traces(picture(format_, mode=mode), f"image/{format_.lower()}")

    assert (kept.width, kept.height) == opened(kept.content).size == (40, 30)


def test_a_scan_with_65536_greys_is_not_all_white_in_small() -> None:
    scan = saved(Image.new("I;16", (20, 20), 32768), "PNG")

    preview = opened(pictures.without_traces(scan, "image/png").preview).convert("RGB")

    assert is_near(preview.getpixel((5, 5)), (128, 128, 128))


def test_a_preview_is_small_and_keeps_the_proportions() -> None:
    kept = pictures.without_traces(picture("JPEG", (3000, 1500)), "image/jpeg")

    assert (kept.width, kept.height) == (3000, 1500)
    assert opened(kept.preview).size == (1024, 512)


def test_a_see_through_picture_has_a_see_through_preview() -> None:
    kept = pictures.without_traces(picture("PNG", mode="RGBA"), "image/png")

    assert opened(kept.preview).mode == "RGBA"


@pytest.mark.parametrize("take", [pictures.as_it_is, pictures.without_traces])
@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (picture("PNG")[:60], "image/png"),
        (picture("JPEG", (400, 300))[:-300], "image/jpeg"),
        (b"GIF89a" + b"\xff" * 40, "image/gif"),
        (picture("PNG"), "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
    ids=["cut png", "cut jpeg", "noise after a gif's head", "a png called jpeg", "empty webp"],
)
def test_a_damaged_picture_is_refused(take: Callable[[bytes, str], Picture], content: bytes, mime: str) -> None:
    with pytest.raises(UnreadablePicture):
        take(content, mime)


@pytest.mark.parametrize("take", [pictures.as_it_is, pictures.without_traces])
def test_a_pixel_bomb_is_refused_before_it_is_decoded(take: Callable[[bytes, str], Picture]) -> None:
    with pytest.raises(TooManyPixels):
        take(bomb(), "image/gif")


@pytest.mark.parametrize("size", [(9_000, 8_000), (10_000, 10_000)], ids=["under Pillow's limit", "where it warns"])
def test_pixels_are_counted_by_our_own_limit(size: tuple[int, int]) -> None:
    with pytest.raises(TooManyPixels):
        pictures.as_it_is(picture("PNG", size, mode="1"), "image/png")


def test_frames_count_together() -> None:
    frames = bytearray(animation("GIF"))
    frames[6:10] = (8_000).to_bytes(2, "little") + (5_000).to_bytes(2, "little")

    with pytest.raises(TooManyPixels):
        pictures.as_it_is(bytes(frames), "image/gif")
