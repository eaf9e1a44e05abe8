"""Is the process alive, is it ready to work, and its figures for Prometheus."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.extensions import limiter, redis_connection
from helpdesk.orm import db
from helpdesk.views.access import Audience, open_to
from helpdesk.views.gauges import OperationCollector

blueprint = Blueprint("health", __name__)
limiter.exempt(blueprint)


@blueprint.get("/healthz")
@open_to(Audience.EVERYONE)
def healthz() -> ResponseReturnValue:
    """200 as long as this process answers; it asks nobody else."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@open_to(Audience.EVERYONE)
def readyz() -> ResponseReturnValue:
    """200 when database, Redis, migrations and a worker are there; else 503 and which is not."""
    checks = {
        "database": _database_answers(),
        "redis": _redis_answers(),
        "migrations": _is_migrated(),
        "worker": _worker_seen(),
    }
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503


@blueprint.get("/metrics")
@open_to(Audience.OPERATOR)
def metrics() -> ResponseReturnValue:
    registry = CollectorRegistry()
    registry.register(OperationCollector())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    try:
        db.session.execute(text("select 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(redis_connection.client.ping())
    except RedisError:
        return False


def _is_migrated() -> bool:
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    try:
        with db.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_heads() == tuple(scripts.get_heads())
    except SQLAlchemyError:
        return False


def _worker_seen() -> bool:
    try:
        return Worker.count(connection=redis_connection.client) > 0
    except RedisError:
        return False
