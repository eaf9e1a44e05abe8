"""The blueprint of the managers' dashboards; routes.py brings its routes together."""

from flask import Blueprint

blueprint = Blueprint("dashboards", __name__, url_prefix="/dashboards")
