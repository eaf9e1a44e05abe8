"""Base, session and column types of every model; no web framework is needed to use them."""

import datetime as dt
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Parent of every model. int is bigint, datetime is timestamptz, Json is jsonb."""

    # Flask-SQLAlchemy refuses a type_annotation_map on the Base itself; in the registry it is taken.
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={int: BigInteger, dt.datetime: DateTime(timezone=True), Json: JSONB},
    )


db = SQLAlchemy(model_class=Base)

ALONE = "alone"
"""The engine for statements that are a transaction of their own (`transaction.execute_alone`)."""
