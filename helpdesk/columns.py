"""Rows as columns: what is counted by the ten thousand arrives as a few packed blocks, not as objects."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, LargeBinary, cast, func, select

from helpdesk.orm import db

Column = NDArray[np.float64] | NDArray[np.int64]


def read_columns(
    rows: FromClause, *, floats: Mapping[str, ColumnElement[Any]], integers: Mapping[str, ColumnElement[Any]]
) -> dict[str, Column]:
    """Name → what that expression is in each of the rows; at one place of all of them stands one row, in no order.

    NULL is NaN among floats, and 0 among integers.
    """
    packed = [_packed(func.float8send(func.coalesce(cast(one, Double), float("nan")))) for one in floats.values()]
    packed += [_packed(func.int8send(func.coalesce(cast(one, BigInteger), 0))) for one in integers.values()]
    blocks = iter(db.session.execute(select(*packed).select_from(rows)).one())
    # PostgreSQL sends the high byte first.
    found: dict[str, Column] = {}
    found |= {name: np.frombuffer(next(blocks) or b"", dtype=">f8").astype(np.float64) for name in floats}
    found |= {name: np.frombuffer(next(blocks) or b"", dtype=">i8").astype(np.int64) for name in integers}
    return found


def _packed(sent: ColumnElement[bytes]) -> ColumnElement[bytes]:
    return func.string_agg(sent, cast(b"", LargeBinary), type_=LargeBinary)
