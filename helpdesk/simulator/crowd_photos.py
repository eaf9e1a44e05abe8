"""Photos that customers send, drawn when they are needed: a dented parcel, a broken lamp."""

import io
import random

from PIL import Image, ImageDraw

SIZE = (960, 720)
"""As it is drawn; it is halved at the end, which smooths every edge."""
BAND = 8
FLOOR_FROM = 470

Colour = tuple[int, int, int]


def draw_photo(picture: str, chance: random.Random) -> bytes:
    """A JPEG of "parcel" or "lamp", different at every draw of `chance`."""
    photo = _room(chance)
    brush = ImageDraw.Draw(photo)
    {"parcel": _parcel, "lamp": _lamp}[picture](brush, chance)
    buffer = io.BytesIO()
    photo.reduce(2).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _room(chance: random.Random) -> Image.Image:
    """A wall that grows darker downwards, and a floor."""
    wall = _near((206, 200, 188), chance)
    photo = Image.new("RGB", SIZE)
    brush = ImageDraw.Draw(photo)
    for y in range(0, SIZE[1], BAND):
        shade = 1.0 - 0.35 * y / SIZE[1]
        colour = wall if y < FLOOR_FROM else (140, 108, 80)
        brush.rectangle((0, y, SIZE[0], y + BAND), fill=_shaded(colour, shade))
    return photo


def _parcel(brush: ImageDraw.ImageDraw, chance: random.Random) -> None:
    left, top = chance.randint(180, 320), chance.randint(240, 300)
    right, bottom = left + 400, top + 290
    card = _near((176, 134, 88), chance)
    brush.polygon([(left, top), (left + 70, top - 70), (right + 70, top - 70), (right, top)], fill=_shaded(card, 1.12))
    brush.polygon(
        [(right, top), (right + 70, top - 70), (right + 70, bottom - 70), (right, bottom)], fill=_shaded(card, 0.75)
    )
    brush.rectangle((left, top, right, bottom), fill=card)
    brush.rectangle((left + 175, top, left + 225, bottom), fill=_shaded(card, 1.25))
    brush.rectangle((left + 250, top + 40, left + 370, top + 120), fill=(236, 234, 228))
    for line in range(4):
        brush.line((left + 262, top + 56 + 15 * line, left + 350 - 12 * line, top + 56 + 15 * line), fill=(70, 70, 70))
    dent = chance.randint(20, 110)
    brush.polygon(
        [(left, bottom - dent), (left + dent, bottom - dent // 2), (left + dent // 2, bottom), (left, bottom)],
        fill=_shaded(card, 0.5),
    )


def _lamp(brush: ImageDraw.ImageDraw, chance: random.Random) -> None:
    middle = chance.randint(400, 560)
    shade = _near((214, 178, 96), chance)
    brush.ellipse((middle - 110, 560, middle + 110, 620), fill=(60, 58, 56))
    brush.rectangle((middle - 9, 360, middle + 9, 590), fill=(80, 78, 74))
    brush.polygon([(middle - 90, 150), (middle + 90, 150), (middle + 170, 370), (middle - 170, 370)], fill=shade)
    x, y = middle + chance.randint(-60, 60), 150
    while y < 370:
        to_x, to_y = x + chance.randint(-30, 30), y + chance.randint(20, 50)
        brush.line((x, y, to_x, min(to_y, 370)), fill=(52, 42, 30), width=5)
        x, y = to_x, to_y


def _near(colour: Colour, chance: random.Random) -> Colour:
    red, green, blue = (max(0, min(255, part + chance.randint(-18, 18))) for part in colour)
    return red, green, blue


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(part * factor)) for part in colour)
    return red, green, blue
