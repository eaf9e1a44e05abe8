"""Addresses of the rows behind a number."""

from flask import url_for

from helpdesk.views.dashboards.filters import Filters


def rows_url(filters: Filters, **changes: object) -> str:
    return url_for("dashboards.response_time_rows") + filters.query(sort=None, **changes)


def csv_url(filters: Filters, **changes: object) -> str:
    return url_for("dashboards.download_response_time_rows", form="csv") + filters.query(sort=None, **changes)
