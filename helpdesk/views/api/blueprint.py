"""The blueprint of the API for programs; routes.py brings its routes together."""

from hashlib import sha256

from flask import Blueprint, Response, request
from flask_limiter.util import get_remote_address

from helpdesk.extensions import csrf, limiter
from helpdesk.views.access import bearer_token

LARGEST_BODY = 256 * 1024

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

# A call is known by its token and never by a cookie, so no other site can make a browser call us.
csrf.exempt(blueprint)


def _caller() -> str:
    """One token, or one address without one; the secret itself goes nowhere."""
    token = bearer_token()
    return sha256(token.encode()).hexdigest() if token else get_remote_address()


limiter.limit("300 per minute", key_func=_caller)(blueprint)


@blueprint.before_request
def _bound_the_body() -> None:
    request.max_content_length = LARGEST_BODY


@blueprint.after_request
def _add_headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
