"""Health: whether the process serves, whether it has something to serve, and its numbers for Prometheus."""

import time
from typing import cast

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.blueprints import BlueprintSetupState
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from starling.serving.metrics import Now, ServingMetrics
from starling.serving.trust import trust
from starling.serving.web.events import listening
from starling.serving.web.reading import cursor, index, settings

pages = Blueprint("health", __name__)
_NO_ROUTE = "none"


@pages.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions["metrics"] = ServingMetrics()


@pages.before_app_request
def _started() -> None:
    g.started = time.perf_counter()


@pages.after_app_request
def _answered(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else _NO_ROUTE
    if "started" in g:
        _metrics().answered(route, response.status_code, time.perf_counter() - g.started)
    return response


@pages.get("/health")
def health() -> Response:
    """200 for as long as the process serves, with how fresh its numbers are."""
    now = trust(cursor(), settings().serve, index().trouble)
    as_of = now.as_of.isoformat() + "Z" if now.as_of else None
    return jsonify(status="ok", numbers=now.state, as_of=as_of, stale_since=as_of if now.stale else None)


@pages.get("/ready")
def ready() -> tuple[Response, int]:
    """200 once the index has the tables, 503 with the reason before that and while they cannot be read."""
    reason = index().trouble if index().refreshes.count else "the index is being made from the tables"
    return (jsonify(status="not ready", reason=reason), 503) if reason else (jsonify(status="ready"), 200)


@pages.get("/metrics")
def metrics() -> Response:
    """What Prometheus asks for."""
    now = CollectorRegistry()
    standing = trust(cursor(), settings().serve, index().trouble)
    now.register(Now(index(), cursor(), standing, listening()))
    told = generate_latest(_metrics().registry) + generate_latest(now)
    return Response(told, content_type=CONTENT_TYPE_LATEST)


def _metrics() -> ServingMetrics:
    return cast(ServingMetrics, current_app.extensions["metrics"])
