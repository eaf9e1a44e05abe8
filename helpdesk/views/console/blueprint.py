"""The blueprint of the agent console; routes.py brings its routes together."""

from flask import Blueprint

blueprint = Blueprint("console", __name__, url_prefix="/console")
