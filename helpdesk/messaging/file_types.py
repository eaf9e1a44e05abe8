"""What a file really is, by its first bytes; what its name says is only believed where the bytes agree."""

import codecs

import puremagic

from helpdesk.messaging.file_names import extension_of, with_extension

HEAD = 16 * 1024
"""Bytes from a file's beginning that are enough to know it."""

UNKNOWN = "application/octet-stream"

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What we decode ourselves."""

INLINE = PICTURES | {"video/mp4", "video/webm", "video/ogg", "audio/mp4", "audio/webm", "audio/ogg", "audio/mpeg"}
"""What a browser may show inside our pages; everything else is only offered for download."""

_PICTURE, _SOUND_OR_VIDEO, _PDF, _ZIP, _TEXT = "picture", "sound or video", "PDF", "zip", "text"

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

_BY_EXTENSION: dict[str, tuple[str, str]] = {
    ".png": ("image/png", _PICTURE),
    ".jpg": ("image/jpeg", _PICTURE),
    ".jpeg": ("image/jpeg", _PICTURE),
    ".jfif": ("image/jpeg", _PICTURE),
    ".gif": ("image/gif", _PICTURE),
    ".webp": ("image/webp", _PICTURE),
    ".avif": ("image/avif", _PICTURE),
    ".heic": ("image/heif", _PICTURE),
    ".heif": ("image/heif", _PICTURE),
    ".bmp": ("image/bmp", _PICTURE),
    ".tiff": ("image/tiff", _PICTURE),
    ".tif": ("image/tiff", _PICTURE),
    ".mp4": ("video/mp4", _SOUND_OR_VIDEO),
    ".m4v": ("video/mp4", _SOUND_OR_VIDEO),
    ".mov": ("video/quicktime", _SOUND_OR_VIDEO),
    ".3gp": ("video/3gpp", _SOUND_OR_VIDEO),
    ".webm": ("video/webm", _SOUND_OR_VIDEO),
    ".weba": ("audio/webm", _SOUND_OR_VIDEO),
    ".mkv": ("video/x-matroska", _SOUND_OR_VIDEO),
    ".ogv": ("video/ogg", _SOUND_OR_VIDEO),
    ".ogg": ("audio/ogg", _SOUND_OR_VIDEO),
    ".oga": ("audio/ogg", _SOUND_OR_VIDEO),
    ".opus": ("audio/ogg", _SOUND_OR_VIDEO),
    ".m4a": ("audio/mp4", _SOUND_OR_VIDEO),
    ".mp3": ("audio/mpeg", _SOUND_OR_VIDEO),
    ".wav": ("audio/wav", _SOUND_OR_VIDEO),
    ".pdf": ("application/pdf", _PDF),
    ".zip": ("application/zip", _ZIP),
    ".docx": (f"{_OFFICE}wordprocessingml.document", _ZIP),
    ".xlsx": (f"{_OFFICE}spreadsheetml.sheet", _ZIP),
    ".pptx": (f"{_OFFICE}presentationml.presentation", _ZIP),
    ".odt": (f"{_OPEN_DOCUMENT}text", _ZIP),
    ".ods": (f"{_OPEN_DOCUMENT}spreadsheet", _ZIP),
    ".odp": (f"{_OPEN_DOCUMENT}presentation", _ZIP),
    ".txt": ("text/plain", _TEXT),
    ".log": ("text/plain", _TEXT),
    ".md": ("text/markdown", _TEXT),
    ".csv": ("text/csv", _TEXT),
    ".json": ("application/json", _TEXT),
    ".html": ("text/html", _TEXT),
    ".htm": ("text/html", _TEXT),
    ".svg": ("image/svg+xml", _TEXT),
    ".xml": ("application/xml", _TEXT),
}

_FAMILIES = dict(_BY_EXTENSION.values())
_EXTENSIONS = {mime: extension for extension, (mime, _) in reversed(_BY_EXTENSION.items())}

# One name for a type that puremagic knows by several.
_SAME_AS = {
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "image/heic": "image/heif",
    "image/x-ms-bmp": "image/bmp",
    "video/x-m4v": "video/mp4",
}

# Below this puremagic has seen a mark of two or three bytes, which says little where we don't know the type.
_SURE = 0.5


def true_type(head: bytes, name: str) -> str:
    """The MIME type, UNKNOWN if the bytes don't say. `head` holds the first HEAD bytes or the whole file."""
    claimed = _claimed(name)
    if _family(claimed) == _TEXT and _is_text(head):
        return claimed
    if head.startswith(b"PK\x03\x04"):
        return claimed if _family(claimed) == _ZIP else "application/zip"
    found = _found(head)
    if claimed in found or (claimed == "audio/webm" and "video/webm" in found):
        return claimed
    return found[0] if found else ("text/plain" if _is_text(head) else UNKNOWN)


def is_lie(mime: str, name: str) -> bool:
    """Whether the name promises a kind of file that every such file bears the marks of, and this one is another."""
    promised = _family(_claimed(name))
    return promised not in ("", _TEXT) and promised != _family(mime)


def named_truly(name: str, mime: str) -> str:
    """The name with the extension of what it really is; a photo saved as .jpg may be a PNG."""
    claimed = _claimed(name)
    extension = _EXTENSIONS.get(mime)
    if extension is None or claimed == mime:
        return name
    # Any text is "text/plain" and any office file a zip: that is no reason to rename a README or a .docx.
    is_known_better = bool(claimed) and _family(claimed) != _ZIP
    is_nameless = not extension_of(name) and _family(mime) != _TEXT
    return with_extension(name, extension) if is_known_better or is_nameless else name


def _claimed(name: str) -> str:
    return _BY_EXTENSION.get(extension_of(name), ("", ""))[0]


def _family(mime: str) -> str:
    return _FAMILIES.get(mime, "")


def _found(head: bytes) -> list[str]:
    """Types that puremagic sees, the likeliest first."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return _found_by_ourselves(head)
    found = [(_canonical(match.mime_type, match.extension, head), match.confidence) for match in matches]
    sure = [mime for mime, confidence in found if mime and (confidence >= _SURE or mime in _FAMILIES)]
    return sure or _found_by_ourselves(head)


def _found_by_ourselves(head: bytes) -> list[str]:
    """Marks that puremagic does not know: most brands of MP4, and MP3 of the lower rates or without a checksum."""
    if head[4:8] == b"ftyp":
        return ["image/heif"] if head[8:12] in (b"mif1", b"msf1") else ["video/mp4"]
    if len(head) > 4 and head[0] == 0xFF and head[1] in (0xF2, 0xF3, 0xFA, 0xFB):
        return ["audio/mpeg"]
    return []


def _canonical(mime: str, extension: str, head: bytes) -> str:
    if mime == "application/ogg" or extension in (".ogg", ".oga", ".ogv"):
        return "video/ogg" if b"theora" in head else "audio/ogg"
    return _SAME_AS.get(mime, mime) or _BY_EXTENSION.get(extension, ("", ""))[0]


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return "\x00" not in text
