"""The managers' dashboards: the live board, response times, and the rows behind every number."""

from helpdesk.views.dashboards import board, kept, response_times, rows, staffing, workload  # noqa: F401  (importing adds their routes)
from helpdesk.views.dashboards.blueprint import blueprint

__all__ = ["blueprint"]
