"""The web application: one index, one analyst, and the pages on them."""

from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from starling.serving.filters import BadFilter
from starling.serving.index.index import Index
from starling.serving.trust import Trust, trust
from starling.serving.web import assets, events, formats
from starling.serving.web.desks import Loading
from starling.serving.web.limits import Limit
from starling.serving.web.navigation import NAVIGATION
from starling.serving.web.pages import analyse, bursts, explore, export, health, now, openapi, topics
from starling.serving.web.pages import trust as trust_page
from starling.serving.web.plain_json import PlainJson
from starling.serving.web.reading import cursor, index, settings
from starling.serving.web.security import protect, wants_json
from starling.settings import Settings

_MOST_BYTES = 64 * 1024
PAGES = (
    now.pages,
    explore.pages,
    export.pages,
    topics.pages,
    bursts.pages,
    analyse.pages,
    openapi.pages,
    trust_page.pages,
    health.pages,
)


def create_app(followed: Index, given: Settings) -> Flask:
    """The application; it reads the index and never writes to it."""
    app = Flask("starling.serving.web", static_folder=None)
    app.jinja_loader = assets.templates()
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.config["STARLING"] = given
    app.extensions["index"] = followed
    app.extensions["champions"] = Loading(given)
    app.extensions["analyses"] = Limit(given.serve.analyses_a_minute)
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json = PlainJson(app)
    protect(app, given.serve)
    for blueprint in (*PAGES, assets.files, events.events):
        app.register_blueprint(blueprint)
    app.context_processor(_on_every_page)
    app.register_error_handler(BadFilter, _bad_filter)
    app.register_error_handler(HTTPException, _http_error)
    app.teardown_appcontext(_close)
    return app


def _on_every_page() -> dict[str, Any]:
    return {
        "trust": page_trust(),
        "fragment": request.headers.get("X-Fragment") == "main",
        "navigation": NAVIGATION,
        "plotly_url": url_for("files.plotly_js"),
    }


def page_trust() -> Trust:
    """How far this request's numbers can be trusted."""
    if "trust" not in g:
        g.trust = trust(cursor(), settings().serve, index().trouble)
    found: Trust = g.trust
    return found


def _bad_filter(error: BadFilter) -> tuple[Response | str, int]:
    return _problem(400, "This filter is not understood", str(error))


def _http_error(error: HTTPException) -> tuple[Response | str, int]:
    return _problem(error.code or 500, error.name, error.description or error.name)


def _problem(code: int, title: str, reason: str) -> tuple[Response | str, int]:
    if wants_json(request.path):
        return jsonify(error=reason), code
    return render_template("problem.html", title=title, reason=reason), code


def _close(_error: BaseException | None) -> None:
    cursor = g.pop("cursor", None)
    if cursor is not None:
        cursor.close()
