"""Names of files as people give them, made harmless: a name is shown and offered for download, never a path."""

import unicodedata
from pathlib import PurePosixPath

LONGEST = 120
"""Characters of a name, its extension included."""

_LONGEST_EXTENSION = 16

# Joiners hold emoji and several scripts together; every other invisible character can only deceive.
_JOINERS = "\u200c\u200d"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_FORBIDDEN_SOMEWHERE = dict.fromkeys(map(ord, '<>:"|?*'), "_")


def clean_name(name: str) -> str:
    """The last part of a path, without what deceives or breaks: at most LONGEST characters, "file" if none is left."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(c for c in last if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE)
    plain = " ".join(visible.translate(_FORBIDDEN_SOMEWHERE).split()).strip(" ." + _JOINERS)
    return _shortened(plain) or "file"


def extension_of(name: str) -> str:
    """With its dot, in lower case; "" if there is none."""
    return PurePosixPath(name).suffix.lower()


def with_extension(name: str, extension: str) -> str:
    """The name with another extension in place of its own."""
    stem = name[: len(name) - len(extension_of(name))] or "file"
    return stem[: LONGEST - len(extension)].rstrip(" ." + _JOINERS) + extension


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    extension = PurePosixPath(name).suffix
    if len(extension) > _LONGEST_EXTENSION:
        extension = ""
    return name[: LONGEST - len(extension)].rstrip(" ." + _JOINERS) + extension
