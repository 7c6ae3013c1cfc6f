"""The demo's last words: what is in the tables, for a person and for a program."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.sql import Row, SparkSession

from starling.ops.ledger import OUTCOMES
from starling.pipeline.accounts import Accounts, by_language, by_platform, top_hashtags
from starling.pipeline.catalogue import TABLES
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
    yield from _how_to_open(settings)


def _tables(found: Accounts) -> Iterator[str]:
    yield ""
    yield "Tables                            rows"
    for name, rows in found.rows.items():
        yield f"  {name:<24}{rows:>12,}"


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
    yield ""
    yield "Platform             posts   scored   positive  neutral  negative   mean compound"
    for row in platforms:
        shares = "".join(f"{_share(row[name], row.scored):>10}" for name in ("positive", "neutral", "negative"))
        yield f"  {row.platform:<16}{row.posts:>8,}{row.scored:>9,} {shares}{_signed(row.mean_compound):>16}"


def _languages(languages: list[Row]) -> Iterator[str]:
    yield ""
    yield "Language             posts   scored"
    for row in languages[:_LANGUAGES]:
        yield f"  {row.lang:<16}{row.posts:>8,}{row.scored:>9,}"
    rest = languages[_LANGUAGES:]
    if rest:
        yield f"  {f'{len(rest)} more':<16}{sum(row.posts for row in rest):>8,}{sum(row.scored for row in rest):>9,}"


def _hashtags(hashtags: list[Row]) -> Iterator[str]:
    yield ""
    yield "Hashtag                      posts   scored   mean compound"
    for row in hashtags:
        yield f"  {'#' + printable(row.hashtag):<24}{row.posts:>8,}{row.scored:>9,}{_signed(row.mean_compound):>16}"


def _how_to_open(settings: Settings) -> Iterator[str]:
    posts = location("silver/posts", settings.lake)
    yield ""
    yield f"The tables are Delta tables in {location('', settings.lake)}; to open one:"
    yield f'  Spark    spark.read.format("delta").load("{posts}")'
    yield f"  DuckDB   SELECT * FROM delta_scan('{posts}')"
    yield f'  pandas   deltalake.DeltaTable("{posts}").to_pandas()'


def as_json(settings: Settings, found: Accounts) -> Mapping[str, object]:
    """What `write` writes."""
    return {
        "tables": {table.name: location(table.name.replace(".", "/"), settings.lake) for table in TABLES},
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


def printable(text: str) -> str:
    """A post's words without what would move a terminal's cursor or turn its writing round.

    >>> printable("a\\x1b[31mb\\u202ec")
    'a?[31mb?c'
    """
    return "".join(c if c.isprintable() else "?" for c in text)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _signed(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:+.3f}"
