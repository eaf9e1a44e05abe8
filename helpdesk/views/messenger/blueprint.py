"""The blueprint of the customers' messenger; routes.py brings its routes together."""

from flask import Blueprint

blueprint = Blueprint("messenger", __name__, url_prefix="/messages")
