"""The index as a request reads it."""

from typing import cast

import duckdb
from flask import current_app, g

from starling.serving.index.index import Index
from starling.settings import Settings


def index() -> Index:
    """The application's index."""
    return cast(Index, current_app.extensions["index"])


def settings() -> Settings:
    """The application's settings."""
    return cast(Settings, current_app.config["STARLING"])


def cursor() -> duckdb.DuckDBPyConnection:
    """This request's own connection to the index, closed with it."""
    if "cursor" not in g:
        g.cursor = index().new_cursor()
    return cast(duckdb.DuckDBPyConnection, g.cursor)
