"""Answers that are a page or a part of it, by who asks."""

from flask import Response, make_response


def varying(html: str, status: int = 200) -> Response:
    """A cache must not give a page's part to somebody who asks for the page."""
    response = make_response(html, status)
    response.vary.add("HX-Request-Type")
    return response
