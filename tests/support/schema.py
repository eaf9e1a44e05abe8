"""The app under test, and its schema in a fresh database."""

import tempfile
from pathlib import Path

from flask import Flask

from config import Settings
from helpdesk import create_app
from helpdesk.operation.migrating import migrate


def make_app(settings: Settings) -> Flask:
    """The product's own app for tests: exceptions come through, forms need no CSRF token."""
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


def build_schema(database_url: str) -> None:
    """Run every migration into an empty database, and leave no connection behind."""
    settings = Settings(
        database_url=database_url,
        redis_url="redis://127.0.0.1:1",
        secret_key="x" * 32,
        files_folder=Path(tempfile.gettempdir()),
    )
    migrate(make_app(settings))
