"""The managers' dashboards: the live board, response times, and the rows behind every number."""

from helpdesk.views.dashboards import (  # noqa: F401  (importing them adds their routes)
    board,
    kept,
    response_times,
    rows,
    shared,
    staffing,
    workload,
)
from helpdesk.views.dashboards.blueprint import blueprint

__all__ = ["blueprint"]
