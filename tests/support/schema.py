"""The app under test, and its schema in a fresh database."""

import tempfile
from pathlib import Path

from flask import Flask

from config import Settings
from helpdesk.operation.migrating import migrate


def _create_app(settings: Settings) -> Flask:
    # Until create_app has landed: a bare app with every model, so that models can be tried.
    import importlib

    import helpdesk
    from helpdesk.extensions import migrate as migrate_extension
    from helpdesk.extensions import redis_connection
    from helpdesk.orm import db

    if hasattr(helpdesk, "create_app"):
        created: Flask = helpdesk.create_app(settings)
        return created
    app = Flask("helpdesk")
    app.config.update(SETTINGS=settings, SQLALCHEMY_DATABASE_URI=settings.database_url, SECRET_KEY=settings.secret_key)
    for models in sorted(Path(helpdesk.__file__).parent.glob("*/models.py")):
        importlib.import_module(f"helpdesk.{models.parent.name}.models")
    db.init_app(app)
    migrate_extension.init_app(app, db)
    redis_connection.bind(settings.redis_url)
    return app


def make_app(settings: Settings) -> Flask:
    """The product's own app for tests: exceptions come through, forms need no CSRF token."""
    app = _create_app(settings)
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
    app = make_app(settings)
    from sqlalchemy import text

    from helpdesk.operation.migrating import FOLDER
    from helpdesk.orm import db

    if not list((FOLDER / "versions").glob("*.py")):
        # Until the first migration has been written.
        with app.app_context():
            db.session.execute(text("create extension if not exists pg_trgm"))
            db.session.commit()
            db.create_all()
            db.session.remove()
            db.engine.dispose()
        return
    migrate(app)
