"""Hashtags as numbers: ten million lists of numbers are counted in a tenth of the time of lists of words."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc


class Tags:
    """The number of every hashtag that was ever indexed, kept in the index's table `tags`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE IF NOT EXISTS tags (code INTEGER, tag VARCHAR)")
        self._codes: dict[str, int] = {tag: code for code, tag in connection.execute("FROM tags").fetchall()}

    def encoded(self, hashtags: pa.ListArray) -> pa.ListArray:
        """The lists with each hashtag's number in its place; hashtags that are new get the next ones."""
        distinct = hashtags.flatten().dictionary_encode()
        codes = pa.array(self._numbered(distinct.dictionary.to_pylist()), pa.int32())
        return pa.ListArray.from_arrays(hashtags.offsets, pc.take(codes, distinct.indices))

    def _numbered(self, names: list[str]) -> list[int]:
        first = len(self._codes)
        new = [name for name in names if name not in self._codes]
        if new:
            self._codes.update(zip(new, range(first, first + len(new)), strict=True))
            staged = pa.table({"code": pa.array(range(first, first + len(new)), pa.int32()), "tag": new})
            self._connection.register("staged_tags", staged)
            self._connection.execute("INSERT INTO tags SELECT code, tag FROM staged_tags")
            self._connection.unregister("staged_tags")
        return [self._codes[name] for name in names]

    def forget_uncommitted(self) -> None:
        """After a transaction that was rolled back: only what the table holds has a number."""
        self._codes = {tag: code for code, tag in self._connection.execute("FROM tags").fetchall()}
