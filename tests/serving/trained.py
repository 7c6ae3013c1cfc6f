"""Rows of the tables that trainings write, for the dashboard's tests; and the dashboard's pages on a lake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient

from serving.lake import NOON, Row, indexed
from starling.serving.kept import Kept
from starling.serving.web.app import create_app
from starling.settings import Settings


def topic(number: int, label: str, version: int = 1, **told: Any) -> Row:
    """A row of gold.topics."""
    row = {
        "model_version": version, "topic": number, "label": label, "words": ["sun", "#rain"], "weights": [0.75, 0.25],
        "hashtags": ["weather"], "posts": 3, "npmi": 0.5,
    }  # fmt: skip
    return {**row, **told}


def lineage(version: int, previous: int | None, event: str, now: int | None, before: int | None, overlap: float) -> Row:
    """A row of gold.topic_lineage."""
    return {
        "model_version": version, "previous_version": previous, "topic": now, "previous_topic": before, "event": event,
        "overlap": overlap,
    }  # fmt: skip


def cluster(number: int, label: str, version: int = 1, **told: Any) -> Row:
    """A row of gold.word_clusters."""
    row = {
        "model_version": version, "cluster": number, "label": label, "words": ["hot", "cold"], "weights": [0.9, 0.4],
        "npmi": -0.2,
    }  # fmt: skip
    return {**row, **told}


def score(post_id: int, number: int | None, version: int | None = 1, **told: Any) -> Row:
    """A row of gold.post_scores."""
    row = {
        "platform": "x", "post_id": str(post_id), "created_at": NOON, "topic": number, "topics_version": version,
        "engagement_version": 1, "kafka_topic": "t", "partition": 0, "offset": 0, "scored_at": NOON,
    }  # fmt: skip
    return {**row, **told}


def decision(model: str, action: str, version: int, previous: int | None = None, **told: Any) -> Row:
    """A row of ops.promotions."""
    row = {
        "promotion_id": f"{model}-{action}-{version}", "at": NOON, "model": model, "action": action,
        "version": version, "previous_version": previous, "reason": "better than random", "evidence": "{}",
    }  # fmt: skip
    evidence = told.pop("evidence", None)
    return {**row, **told, **({"evidence": json.dumps(evidence)} if evidence is not None else {})}


def rejection(offset: int, reason: str, payload: str | None, **told: Any) -> Row:
    """A row of silver.rejected."""
    row = {
        "reason": reason, "payload": payload, "source": "x-v2", "key": f"x:{offset}", "topic": "t", "partition": 0,
        "offset": offset, "kafka_timestamp": NOON, "ingested_at": NOON,
    }  # fmt: skip
    return {**row, **told}


@contextmanager
def pages_on(settings: Settings) -> Iterator[FlaskClient]:
    """A client of the dashboard's pages, which keep no answer longer than the index stays the same."""
    index = indexed(settings)
    app = create_app(index, settings)
    app.extensions["kept"] = Kept(oldest_seconds=0)
    try:
        yield app.test_client()
    finally:
        index.close()
