"""A small application that shows the pieces of templates/ui with the content of the design's pictures.

`python -m tests.looks.gallery` serves it on 127.0.0.1:8099; the look tests start it on a free port.
"""

import json
from pathlib import Path

from flask import Flask, Response, abort, render_template, send_from_directory
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader

from tests.looks import content

ROOT = Path(__file__).parents[2]
DIST = ROOT / "helpdesk" / "static" / "dist"
PAGES = Path(__file__).parent / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def create_gallery() -> Flask:
    app = Flask(__name__, static_folder=str(DIST), static_url_path="/static")
    app.config.update(SECRET_KEY="only for looking at", WTF_CSRF_TIME_LIMIT=None)
    CSRFProtect(app)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), FileSystemLoader(PAGES)])
    app.jinja_env.globals.update(_assets())
    app.jinja_env.globals["ui"] = app.jinja_env.get_template("ui/all.html").module
    app.after_request(_with_policy)
    _add_pages(app)
    return app


def _assets() -> dict[str, object]:
    manifest = json.loads((DIST / "manifest.json").read_text())
    return {
        "asset": lambda name: f"/static/{manifest[name]['file']}",
        "preloads": lambda name: [f"/static/{file}" for file in manifest[name]["preload"]],
        "brand_name": "Larkpost",
    }


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _add_pages(app: Flask) -> None:
    @app.get("/<name>")
    def page(name: str) -> str:
        if not (PAGES / f"{name}.html").is_file():
            abort(404)
        return render_template(f"{name}.html", **content.of(name))

    @app.get("/photo/<name>")
    def photo(name: str) -> Response:
        return send_from_directory(PAGES / "photos", name)

    @app.get("/live")
    def live() -> Response:
        return Response("event: hello\ndata: \n\n", mimetype="text/event-stream")


if __name__ == "__main__":
    create_gallery().run(port=8099, threaded=True)
