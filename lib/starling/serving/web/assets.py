"""Files that come with the packages: our own, and Plotly's bundle, so that nothing is loaded from elsewhere.

Under spark-submit the package is a zip, where nothing has a path: its files are asked of Python.
"""

from pathlib import Path
from pkgutil import get_data

import plotly
from flask import Blueprint, Response, abort, make_response, request, send_file
from jinja2 import PackageLoader

files = Blueprint("files", __name__)
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_PACKAGE = "starling.serving.web"
_OWN = {"app.css": "text/css", "app.js": "text/javascript", "starling.svg": "image/svg+xml"}
_A_DAY = 86_400


def templates() -> PackageLoader:
    """The pages."""
    return PackageLoader(_PACKAGE, "templates")


@files.get("/static/<name>")
def own(name: str) -> Response:
    """A file of ours; a browser asks each time whether it is still the same."""
    if name not in _OWN:
        abort(404)
    content = get_data(_PACKAGE, f"static/{name}")
    assert content is not None, "the package has its files"
    response = make_response(content)
    response.mimetype = _OWN[name]
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@files.get(f"/vendor/plotly-{plotly.__version__}.min.js")
def plotly_js() -> Response:
    """The bundle; its name has its version, so that a browser may keep it."""
    response = send_file(PLOTLY, mimetype="text/javascript", max_age=_A_DAY)
    response.headers["Cache-Control"] = f"public, max-age={_A_DAY}, immutable"
    return response
