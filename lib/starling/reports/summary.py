"""The demo's last words: what is in the tables, for a person and for a program."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.sql import Row, SparkSession

from starling.ops.ledger import OUTCOMES
from starling.pipeline.accounts import Accounts, by_language, by_platform, top_hashtags
from starling.plaintext import printable, table
from starling.settings import Settings

_HASHTAGS = 10
_LANGUAGES = 8


def lines(spark: SparkSession, settings: Settings, found: Accounts) -> Iterator[str]:
    """The summary, line by line, in plain text."""
    yield from _tables(found)
    yield from _ledger(found)
    yield from _platforms(by_platform(spark, settings.lake))
    yield from _languages(by_language(spark, settings.lake))
    yield from _hashtags(top_hashtags(spark, settings.lake, _HASHTAGS))


def _tables(found: Accounts) -> Iterator[str]:
    yield from table(["Tables", "rows"], [[name, f"{rows:,}"] for name, rows in found.rows.items()])


def _ledger(found: Accounts) -> Iterator[str]:
    parts = " + ".join(f"{found.ledger[name]:,} {name}" for name in OUTCOMES)
    yield ""
    yield f"Ledger: {'balanced' if found.balanced else 'DOES NOT BALANCE'}"
    yield f"  {found.ledger['records']:,} records read = {parts}"
    if found.ledger["repeated"]:
        yield f"  {found.ledger['repeated']:,} of them had been read by an earlier batch already"
    for problem in found.problems:
        yield f"  {problem}"


def _platforms(platforms: list[Row]) -> Iterator[str]:
    yield from table(
        ["Platform", "posts", "scored", "positive", "neutral", "negative", "mean compound"],
        [
            [
                row.platform,
                *_counts([row]),
                *(_share(row[name], row.scored) for name in ("positive", "neutral", "negative")),
                _signed(row.mean_compound),
            ]
            for row in platforms
        ],
    )


def _languages(languages: list[Row]) -> Iterator[str]:
    first, rest = languages[:_LANGUAGES], languages[_LANGUAGES:]
    more = [[f"{len(rest)} more", *_counts(rest)]] if rest else []
    yield from table(["Language", "posts", "scored"], [[row.lang, *_counts([row])] for row in first] + more)


def _hashtags(hashtags: list[Row]) -> Iterator[str]:
    yield from table(
        ["Hashtag", "posts", "scored", "mean compound"],
        [["#" + printable(row.hashtag), *_counts([row]), _signed(row.mean_compound)] for row in hashtags],
    )


def _counts(rows: list[Row]) -> list[str]:
    return [f"{sum(row[name] for row in rows):,}" for name in ("posts", "scored")]


def how_to_open(settings: Settings) -> Iterator[str]:
    """Where the tables are, and how each tool opens one."""
    posts = location("silver/posts", settings.lake)
    yield ""
    yield f"The tables are Delta tables in {location('', settings.lake)}; to open one:"
    yield f'  Spark    spark.read.format("delta").load("{posts}")'
    yield f'  pandas   deltalake.DeltaTable("{posts}").to_pandas()'
    yield f'  DuckDB   duckdb.from_arrow(deltalake.DeltaTable("{posts}").to_pyarrow_dataset())'


def as_json(settings: Settings, found: Accounts) -> Mapping[str, object]:
    """What `write` writes."""
    return {
        "tables": {name: location(name.replace(".", "/"), settings.lake) for name in found.rows},
        "ledger_balanced": found.balanced,
        "counts": {**found.rows, **found.ledger},
    }


def write(settings: Settings, found: Accounts) -> Path:
    """Writes `summary.json` into the work folder: where each table is, whether the ledger balances, and the counts."""
    path = Path(settings.paths.work) / "summary.json"
    path.write_text(json.dumps(as_json(settings, found), indent=2) + "\n")
    return path


def location(relative: str, lake: str) -> str:
    """A table's place for a program that runs elsewhere: a URI as it is, a path made absolute.

    >>> location("silver/posts", "s3a://bucket/lake")
    's3a://bucket/lake/silver/posts'
    """
    joined = f"{lake}/{relative}".rstrip("/")
    return joined if ":" in lake else str(Path(joined).resolve())


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _signed(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:+.3f}"
