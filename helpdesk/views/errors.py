"""Our errors as answers: a page or a short text for people, a problem document (RFC 9457) for programs."""

import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from helpdesk.errors import Conflict, InvalidInput, InvalidTransition, NotFound, Refused
from helpdesk.extensions import login_manager
from helpdesk.orm import db
from helpdesk.views.rendering import wants_fragment

logger = logging.getLogger(__name__)

STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    Refused: 403,
    InvalidInput: 422,
    InvalidTransition: 409,
    Conflict: 409,
}

TITLES = {
    400: "That request could not be read",
    401: "Please sign in",
    403: "That is not yours to do",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "Something changed in the meantime",
    413: "That is too large",
    422: "Something needs another look",
    429: "Slow down a little",
    500: "Something went wrong on our side",
    503: "We are busy for a moment",
}

WORDS = {
    404: "It may have moved to another team, or it was never here.",
    413: "Choose a smaller file.",
    500: "It has been noted. What you wrote is still in your browser; try again in a moment.",
    503: "Try again in a few seconds.",
}


def set_up(app: Flask) -> None:
    for kind, status in STATUS.items():
        app.register_error_handler(kind, lambda error, status=status: _answer(status, str(error)))
    app.register_error_handler(CSRFError, lambda _: _answer(400, "This page is out of date. Reload it and try again."))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PoolTimeout, lambda _: _away())
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InternalServerError, lambda _: _answer(500, ""))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    return _answer(error.code, "")


def _database_away(error: OperationalError) -> ResponseReturnValue:
    logger.error("database not reached", exc_info=error)
    db.session.rollback()
    return _away()


def _away() -> ResponseReturnValue:
    # Any page asks who looks at it, and this one would ask the database that is away.
    g._login_user = login_manager.anonymous_user()
    return _answer(503, "")


def _answer(status: int, words: str) -> Response:
    title = TITLES.get(status, "That did not work")
    words = words if status != 404 else ""
    if request.path.startswith(("/api/", "/webhooks/")):
        problem = jsonify(type="about:blank", title=title, status=status, detail=words or WORDS.get(status, title))
        problem.content_type = "application/problem+json"
        return make_response(problem, status)
    if wants_fragment() or request.accept_mimetypes.best == "application/json":
        return make_response((words or WORDS.get(status, title), status, {"Content-Type": "text/plain; charset=utf-8"}))
    return make_response(
        render_template("errors/error.html", status=status, title=title, words=words or WORDS.get(status, "")), status
    )
