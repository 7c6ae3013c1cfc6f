"""A small lake for the dashboard's tests: real Delta tables in the catalogue's schemas, written without Spark."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from starling.pipeline.catalogue import TABLES
from starling.serving.index.index import Index
from starling.settings import Metrics, Paths, Serve, Settings

Row = Mapping[str, Any]
BY_NAME = {table.name: table for table in TABLES}
NOON = datetime(2021, 6, 30, 12, tzinfo=timezone.utc)
_POST = {
    "platform": "x", "author": "0" * 32, "followers": 10, "created_at": NOON, "text": "a good day", "lang": "en",
    "lang_source": "payload", "hashtags": [], "mentions": [], "urls": [], "is_reply": False, "is_quote": False,
    "text_hash": "ab" * 32, "compound": 0.4404, "pos": 0.592, "neu": 0.408, "neg": 0.0, "sentiment": "positive",
    "sentiment_cut": False, "scorer": "vaderSentiment 3.3.2", "source": "x-v2", "topic": "t", "partition": 0,
    "offset": 0, "ingested_at": NOON,
}  # fmt: skip
_ENTRY = {
    "query_id": "q", "batch_id": 0, "topic": "t", "partition": 0, "from_offset": 0, "until_offset": 0, "records": 0,
    "posts": 0, "engagement": 0, "deletions": 0, "rejected": 0, "duplicates": 0, "repeated": 0,
    "newest_record_at": NOON, "started_at": NOON, "written_at": NOON,
}  # fmt: skip


def settings_of(folder: Path, **serve: Any) -> Settings:
    """Settings of a work folder, with a dashboard on any free port."""
    return Settings(paths=Paths(work=str(folder)), metrics=Metrics(port=0), serve=Serve(**{"port": 0, **serve}))


def post(post_id: int, **told: Any) -> Row:
    """A row of silver.posts, an English one of noon unless something else is told."""
    return {**_POST, "post_id": str(post_id), **told}


def unscored(post_id: int, lang: str = "es", **told: Any) -> Row:
    """A row of silver.posts that VADER was not asked about."""
    nothing = dict.fromkeys(("compound", "pos", "neu", "neg", "sentiment", "scorer"))
    return post(post_id, **{**nothing, "lang": lang, "unscored_reason": f"language: {lang}", **told})


def entry(**told: Any) -> Row:
    """A row of ops.batches."""
    return {**_ENTRY, **told}


def gold_of(posts: Iterable[Row]) -> dict[str, list[Row]]:
    """What gold counts of these posts, for `make_lake`, but for corrected shares and burst scores."""
    by_hour: dict[Any, list[Row]] = {}
    by_tag: dict[Any, list[Row]] = {}
    for one in posts:
        hour = (one["platform"], one["created_at"].replace(minute=0, second=0, microsecond=0))
        by_hour.setdefault(hour, []).append(one)
        for tag in one["hashtags"]:
            by_tag.setdefault((*hour, tag), []).append(one)
    labels = ("positive", "neutral", "negative")
    return {
        "gold_sentiment_by_hour": [
            {"platform": platform, "hour": hour, **_counted(those)}
            | {label: sum(one["sentiment"] == label for one in those) for label in labels}
            for (platform, hour), those in by_hour.items()
        ],
        "gold_hashtag_trends": [
            {"platform": platform, "hour": hour, "hashtag": tag, "burst_score": 0.0, **_counted(those)}
            | {"authors": len({one["author"] for one in those})}
            for (platform, hour, tag), those in by_tag.items()
        ],
    }


def _counted(posts: list[Row]) -> dict[str, Any]:
    scored = [one["compound"] for one in posts if one["compound"] is not None]
    mean = sum(scored) / len(scored) if scored else None
    return {"posts": len(posts), "scored": len(scored), "mean_compound": mean}


def write(settings: Settings, table: str, rows: Iterable[Row], mode: str = "append", **more: Any) -> None:
    """Writes rows into a table of the lake, in one commit; what a row does not tell is null."""
    schema = to_arrow_schema(BY_NAME[table].schema, timezone="UTC")
    told = [{name: row.get(name) for name in schema.names} for row in rows]
    columns = pa.Table.from_pylist(told, schema=schema)
    write_deltalake(BY_NAME[table].path(settings.lake), columns, mode=mode, **more)


def table(settings: Settings, name: str) -> DeltaTable:
    """A table of the lake, to compact or to delete from."""
    return DeltaTable(BY_NAME[name].path(settings.lake))


def make_lake(folder: Path, **tables: Iterable[Row]) -> Settings:
    """Settings of a new lake with these rows: make_lake(tmp_path, silver_posts=[post(1)], ops_batches=[entry()])."""
    settings = settings_of(folder)
    for name, rows in tables.items():
        write(settings, name.replace("_", ".", 1), rows)
    return settings


def indexed(settings: Settings) -> Index:
    """The lake's index, refreshed; to be closed."""
    index = Index(settings)
    index.refresh()
    assert index.trouble is None, index.trouble
    return index


def rows(index: Index, query: str) -> list[tuple[Any, ...]]:
    """What the index answers."""
    with index.cursor() as cursor:
        found: list[tuple[Any, ...]] = cursor.execute(query).fetchall()
        return found


def ids(index: Index) -> list[str]:
    """The posts that the index has."""
    return [post_id for (post_id,) in rows(index, "SELECT post_id FROM posts ORDER BY post_id")]


def opened_by_another_process(folder: Path) -> str:
    """What another process says that opens the index of a work folder; empty where it could."""
    return said_by_another_process(folder, "from starling.serving.index.index import Index; Index(settings)")


def said_by_another_process(folder: Path, code: str) -> str:
    """What another process says that runs some code with the settings of a work folder."""
    settings = f"from starling.settings import Paths, Settings; settings = Settings(paths=Paths(work={str(folder)!r}))"
    ended = subprocess.run([sys.executable, "-c", f"{settings}; {code}"], capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr
