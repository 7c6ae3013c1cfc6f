"""The JSON interface described: /api/openapi.json for programs, /api for people."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template
from werkzeug.routing import Rule

from starling import __version__
from starling.serving.drafts import MOST_CHARACTERS

pages = Blueprint("openapi", __name__)

_FILTERS = {
    "since": "from this time on, ISO 8601, UTC",
    "until": "before this time",
    "platform": "one platform, such as x; may be repeated",
    "lang": "language, ISO 639, or und; may be repeated",
    "hashtag": "with or without #; may be repeated, any of them",
    "topic": "a topic's number, or none; may be repeated",
    "sentiment": "positive, neutral, negative or unscored; may be repeated",
    "text": "what the text contains, whatever the case",
    "order": "newest, oldest, positive, negative or engagement",
    "page": "of 20 posts, from 1",
}
_DRAFT: Mapping[str, Any] = {
    "text": {"type": "string", "maxLength": MOST_CHARACTERS, "description": "the post"},
    "hashtags": {"type": "array", "items": {"type": "string"}, "description": "beside those in the text"},
    "platform": {"type": "string", "default": "x"},
    "lang": {"type": "string", "description": "ISO 639; detected where it is missing"},
    "followers": {"type": "integer", "minimum": 0},
    "at": {"type": "string", "format": "date-time", "description": "when it is sent; now where it is missing"},
    "is_reply": {"type": "boolean", "default": False},
    "is_quote": {"type": "boolean", "default": False},
    "has_media": {"type": "boolean", "default": False},
}
_EXAMPLE = {"text": "What a great day at #esa2019!", "followers": 250, "at": "2026-06-30T18:00Z"}
_ERROR = {
    "description": "what is wrong, in one sentence",
    "content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}},
}


@pages.get("/api")
def show() -> str:
    """The page for people."""
    return render_template("api.html", described=description())


@pages.get("/api/openapi.json")
def as_json() -> Response:
    """This description."""
    return jsonify(description())


def description() -> dict[str, Any]:
    """OpenAPI 3.1, of every address under /api/."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Starling",
            "version": __version__,
            "description": "What the dashboard's pages say, as JSON.",
        },
        "paths": {_path(rule): {method: _operation(rule, method)} for rule, method in _rules()},
    }


def _rules() -> Iterator[tuple[Rule, str]]:
    for rule in sorted(current_app.url_map.iter_rules(), key=str):
        if str(rule).startswith("/api/"):
            yield rule, "post" if "POST" in (rule.methods or ()) else "get"


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule))


def _operation(rule: Rule, method: str) -> dict[str, Any]:
    about = current_app.view_functions[rule.endpoint].__doc__ or ""
    told: dict[str, Any] = {
        "summary": about.strip().partition("\n")[0],
        "responses": {"200": {"description": "found", "content": {"application/json": {}}}, "400": _ERROR},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(rule.arguments)
    ]
    if rule.endpoint == "explore.as_json":
        parameters += [
            {"name": name, "in": "query", "description": said, "schema": {"type": "string"}}
            for name, said in _FILTERS.items()
        ]
    if parameters:
        told["parameters"] = parameters
    if method == "post":
        schema = {"type": "object", "required": ["text"], "properties": _DRAFT, "additionalProperties": False}
        told["requestBody"] = {"content": {"application/json": {"schema": schema, "example": _EXAMPLE}}}
        told["responses"]["429"] = _ERROR
    return told
