"""Files that packages bring: Plotly's own bundle, so that nothing is loaded from elsewhere."""

from pathlib import Path

import plotly
from flask import Blueprint, Response, send_file

files = Blueprint("files", __name__)
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_A_DAY = 86_400


@files.get(f"/vendor/plotly-{plotly.__version__}.min.js")
def plotly_js() -> Response:
    """The bundle; its name has its version, so that a browser may keep it."""
    response = send_file(PLOTLY, mimetype="text/javascript", max_age=_A_DAY)
    response.headers["Cache-Control"] = f"public, max-age={_A_DAY}, immutable"
    return response
