"""The blueprint of settings and people; routes.py brings its routes together."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
