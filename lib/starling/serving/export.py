"""The filtered posts as a file, with pseudonyms: CSV or Parquet."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from starling.serving.filters import Filters

# What one file holds at most: who wants more reads the table itself.
MOST_ROWS = 1_000_000
_ROWS_AT_ONCE = 20_000
_POSTS = """
SELECT platform, post_id, created_at, replace(author::VARCHAR, '-', '') AS author, text, lang, tags AS hashtags,
       sentiment, compound, unscored_reason, topic, predicted AS predicted_engagement
FROM posts WHERE {where} ORDER BY created_at, post_id LIMIT {most}
"""
# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> Iterator[str]:
    """The posts as lines of CSV, oldest first, hashtags with spaces between; at most MOST_ROWS.

    A text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    for number, table in enumerate(_tables(cursor, filters)):
        if not number:
            writer.writerow(table.column_names)
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            writer.writerow([_cell(value) for value in row])
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def as_parquet(cursor: duckdb.DuckDBPyConnection, filters: Filters, file: Path) -> None:
    """Writes the posts into the file, oldest first; at most MOST_ROWS."""
    writer = None
    for table in _tables(cursor, filters):
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    assert writer is not None, "there is one table at least"
    writer.close()


def _tables(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> Iterator[pa.Table]:
    """The posts, some at a time; one table without rows where there are none."""
    where, known = filters.where()
    names = pa.array([tag for (tag,) in cursor.execute("SELECT tag FROM tags ORDER BY code").fetchall()], pa.string())
    found = cursor.sql(_POSTS.format(where=where, most=MOST_ROWS), params=known)
    reader: pa.RecordBatchReader = found.to_arrow_reader(_ROWS_AT_ONCE)
    yield _named(pa.Table.from_batches([], reader.schema), names)
    for batch in reader:
        yield _named(pa.Table.from_batches([batch]), names)


def _named(table: pa.Table, names: pa.Array) -> pa.Table:
    codes = pa.chunked_array(table["hashtags"].chunks, table["hashtags"].type).combine_chunks()
    codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    tags = pa.ListArray.from_arrays(codes.offsets, pc.take(names, codes.values))
    return table.set_column(table.column_names.index("hashtags"), "hashtags", tags)


def _cell(value: object) -> object:
    """
    >>> _cell("=1+1"), _cell(-0.5), _cell(["one", "two"]), _cell("fine")
    ("'=1+1", -0.5, 'one two', 'fine')
    """
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
