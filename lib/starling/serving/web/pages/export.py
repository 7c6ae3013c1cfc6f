"""Downloads of the filtered posts."""

import tempfile
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from starling.serving import export
from starling.serving.filters import BadFilter, Filters
from starling.serving.web.reading import cursor, index

pages = Blueprint("export", __name__)


@pages.get("/export/posts.<kind>")
def posts(kind: str) -> Response:
    """The posts that the filters choose, as posts.csv or posts.parquet."""
    filters = Filters.of(request.args.items(multi=True))
    if kind == "csv":
        own = index().new_cursor()  # the answer goes on after the request is done with
        response = Response(export.as_csv(own, filters), mimetype="text/csv")
        response.call_on_close(own.close)
        response.headers["Content-Disposition"] = "attachment; filename=posts.csv"
        return response
    if kind == "parquet":
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "posts.parquet"
            export.as_parquet(cursor(), filters, file)
            # Still open when its folder is gone, and gone when it is closed.
            return send_file(
                file.open("rb"),
                mimetype="application/vnd.apache.parquet",
                download_name="posts.parquet",
                as_attachment=True,
            )
    raise BadFilter(f"posts cannot be exported as {kind[:20]!r}; wanted csv or parquet")
