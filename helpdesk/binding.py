"""How create_app puts the parts together."""

from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter
from whitenoise import WhiteNoise

from config import Settings
from helpdesk.extensions import compress, csrf, htmx, limiter, login_manager, migrate, redis_connection
from helpdesk.importing import models as _importing  # noqa: F401  (all tables must be known before one is used)
from helpdesk.live.hub import hub
from helpdesk.logs import configure_logs
from helpdesk.mail import models as _mail  # noqa: F401
from helpdesk.messaging import models as _messaging  # noqa: F401
from helpdesk.metrics import models as _metrics  # noqa: F401
from helpdesk.orm import ALONE, db
from helpdesk.pace import pace
from helpdesk.people import models as _people  # noqa: F401
from helpdesk.sla import models as _sla  # noqa: F401
from helpdesk.tickets import models as _tickets  # noqa: F401

ROOT = Path(__file__).parent.parent
TEMPLATES = str(ROOT / "templates")
STATIC = ROOT / "helpdesk" / "static" / "dist"

_SESSION = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    # Whoever hangs in the middle is given up: packed days count on it (metrics/packed_queries.py).
    "idle_in_transaction_session_timeout": "10min",
    # What a page asks for is a few thousand rows: helpers take longer to come than to help.
    "max_parallel_workers_per_gather": "0",
}
_CONNECT: dict[str, Any] = {
    "pool_timeout": 5,
    "connect_args": {"options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items())},
}


def configure(app: Flask, settings: Settings) -> None:
    configure_logs(settings.log_level)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # A request holds its connection to its end: as many as a worker has page requests, or a quick 503.
        SQLALCHEMY_ENGINE_OPTIONS=_CONNECT | {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True},
        # Raw events are written by one at a time in a process; a dead connection is noticed by writing.
        SQLALCHEMY_BINDS={
            ALONE: _CONNECT
            | {"url": settings.database_url, "pool_size": 1, "max_overflow": 0, "isolation_level": "AUTOCOMMIT"}
        },
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.is_https,
        # A page may stay open all day; the token is bound to the session instead.
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.redis_url.replace("unix://", "redis+unix://", 1)
        if settings.redis_url.startswith("unix://")
        else settings.redis_url,
        RATELIMIT_KEY_PREFIX="limit",
        COMPRESS_MIMETYPES=["text/html", "text/csv", "application/json", "application/problem+json"],
        # Never the live events: a page would wait for a full buffer.
        COMPRESS_STREAMS=False,
        RATELIMIT_HEADERS_ENABLED=True,
    )


def bind_extensions(app: Flask, settings: Settings) -> None:
    redis_connection.bind(settings.redis_url)
    pace.bind(settings.x_time_scale)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    compress.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)
    htmx.init_app(app)
    app.extensions["before_exit"] = (hub.close,)


class _RowId(IntegerConverter):
    """A number in an address that could be a row's: a larger one names nothing, and is 404."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": 2**63 - 1} | kwargs)


def register_views(app: Flask) -> None:
    from helpdesk.views import rendering
    from helpdesk.views.admin.routes import blueprint as admin
    from helpdesk.views.api.routes import blueprint as api
    from helpdesk.views.console.routes import blueprint as console
    from helpdesk.views.dashboards.routes import blueprint as dashboards
    from helpdesk.views.health import blueprint as health
    from helpdesk.views.live import blueprint as live
    from helpdesk.views.messenger.routes import blueprint as messenger
    from helpdesk.views.sessions.routes import blueprint as sessions
    from helpdesk.views.webhooks.inbound import blueprint as webhooks

    app.url_map.converters["int"] = _RowId
    rendering.set_up(app)
    for blueprint in (admin, api, console, dashboards, health, live, messenger, sessions, webhooks):
        app.register_blueprint(blueprint)


def guard_requests(app: Flask) -> None:
    from helpdesk.views import access, errors

    access.set_up(app)
    errors.set_up(app)


def serve_static_files(app: Flask) -> None:
    STATIC.mkdir(parents=True, exist_ok=True)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix="static/",
        immutable_file_test=r"-[0-9A-Za-z]{8}\.",
        allow_all_origins=False,
    )
