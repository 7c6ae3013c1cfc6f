"""What requests of one application share of answers that cost a look at all posts."""

from collections.abc import Callable
from typing import TypeVar, cast

import duckdb
from flask import current_app

from starling.serving.kept import Kept
from starling.serving.web.reading import cursor, index

T = TypeVar("T")


def kept(look: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """What the function says of the index, looked up once for as long as the index stays the same."""
    shared = cast(Kept, current_app.extensions.setdefault("kept", Kept()))
    return shared.get(look, index().changes, lambda: look(cursor()))
