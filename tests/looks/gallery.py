"""A small application that shows the pieces of templates/ui with the content of the design's pictures.

`python -m tests.looks.gallery` serves it on 127.0.0.1:8099; the look tests start it on a free port.
"""

from pathlib import Path

from flask import Flask, Response, abort, render_template, send_from_directory
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader

from helpdesk.views import rendering
from tests.looks import content
from tests.looks.talk import Talk, blueprint_of

ROOT = Path(__file__).parents[2]
DIST = ROOT / "helpdesk" / "static" / "dist"
PAGES = Path(__file__).parent / "pages"


def create_gallery(talk: Talk | None = None) -> Flask:
    app = Flask(__name__, static_folder=str(DIST), static_url_path="/static")
    app.config.update(SECRET_KEY="only for looking at", WTF_CSRF_TIME_LIMIT=None)
    CSRFProtect(app)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), FileSystemLoader(PAGES)])
    app.jinja_env.globals["brand_name"] = "Larkpost"
    rendering.set_up(app)
    _add_pages(app)
    app.register_blueprint(blueprint_of(talk or Talk()))
    return app


def _add_pages(app: Flask) -> None:
    @app.get("/<name>")
    def page(name: str) -> str:
        if not (PAGES / f"{name}.html").is_file():
            abort(404)
        return render_template(f"{name}.html", **content.of(name))

    @app.get("/photo/<name>")
    def photo(name: str) -> Response:
        return send_from_directory(PAGES / "photos", name)


if __name__ == "__main__":
    create_gallery().run(port=8099, threaded=True)
