"""JSON whose characters are broken, made readable.

A lone half of a surrogate pair, or a byte that is no UTF-8, costs that character and not the message.
"""

import re

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def with_whole_characters(body: bytes) -> bytes:
    """The same bytes where nothing is wrong with them."""
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode(errors="replace").encode()
    return _ESCAPE.sub(_whole, body) if b"\\ud" in body or b"\\uD" in body else body


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]
