"""Which tables the index mirrors, and what it keeps of their rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)

from starling.gold import hashtag_trends, post_scores, sentiment_by_hour, topic_lineage, topics, word_clusters
from starling.ops import ledger, promotions
from starling.serving import near
from starling.serving.index.scored import FOR_NEW_POSTS
from starling.silver import deletions, posts, rejected
from starling.tables import Table

# The file that a row came from: a row leaves with its file, whatever took the file away.
FILE = "file"
# What a rejected record's payload is shown of.
_PAYLOAD_CHARACTERS = 2_000


@dataclass(frozen=True)
class Mirrored:
    """A table of the lake, and the table of the index that has its rows.

    `columns` are the index's, as {name: (type, SQL over the columns of `source`)}; `source` has the rows that were
    read, `staged`, and may know between which times of `timed` they lie, $first and $last.
    """

    table: Table
    name: str
    columns: Mapping[str, tuple[str, str]]
    reads: tuple[str, ...]
    source: str = "staged"
    timed: str | None = None

    @property
    def ddl(self) -> str:
        """Makes the table in the index."""
        kinds = {**{name: kind for name, (kind, _) in self.columns.items()}, FILE: "INTEGER"}
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})"

    @property
    def insert(self) -> str:
        """Inserts the rows of `staged`, as those of one file."""
        columns, values = ", ".join(self.columns), ", ".join(sql for _, sql in self.columns.values())
        rows = f"SELECT {values}, $file FROM {self.source}"  # noqa: S608
        return f"INSERT INTO {self.name} ({columns}, {FILE}) {rows}"


_KINDS: Mapping[type[DataType], str] = {
    StringType: "VARCHAR",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    DoubleType: "DOUBLE",
    BooleanType: "BOOLEAN",
    TimestampType: "TIMESTAMP",
    BinaryType: "BLOB",
}


def _kind(column: DataType) -> str:
    if isinstance(column, ArrayType):
        return f"{_kind(column.elementType)}[]"
    return _KINDS[type(column)]


def _as_it_is(table: Table, name: str, but: Mapping[str, str] | None = None, without: tuple[str, ...] = ()) -> Mirrored:
    reads = tuple(column for column in table.columns if column not in without)
    columns = {
        column: (_kind(table.schema[column].dataType), (but or {}).get(column, f'"{column}"')) for column in reads
    }
    return Mirrored(table, name, {f'"{column}"': said for column, said in columns.items()}, reads)


POSTS = Mirrored(
    table=posts.TABLE,
    name="posts",
    columns={
        "platform": ("VARCHAR", "platform"),
        "post_id": ("VARCHAR", "post_id"),
        "author": ("UUID", "author::UUID"),
        "followers": ("BIGINT", "followers"),
        "created_at": ("TIMESTAMP", "created_at"),
        "text": ("VARCHAR", "text"),
        # What a search reads: packed, it takes four times as long.
        "folded": ("VARCHAR USING COMPRESSION 'uncompressed'", "folded"),
        "lang": ("VARCHAR", "lang"),
        "tags": ("INTEGER[]", "tags"),
        "copy_key": ("UBIGINT", "('0x' || left(text_hash, 16))::UBIGINT"),
        "compound": ("DOUBLE", "compound"),
        "sentiment": ("VARCHAR", "coalesce(sentiment, 'unscored')"),
        "unscored_reason": ("VARCHAR", "unscored_reason"),
        "ingested_at": ("TIMESTAMP", "ingested_at"),
        **{f"near{number}": ("UINTEGER", near.band(number)) for number in range(near.BANDS)},
        "topic": ("INTEGER", "said_topic"),
        "predicted": ("DOUBLE", "said_engagement"),
        "top_quarter": ("DOUBLE", "said_probability"),
    },
    reads=(
        "platform",
        "post_id",
        "author",
        "followers",
        "created_at",
        "text",
        "lang",
        "hashtags",
        "text_hash",
        "compound",
        "sentiment",
        "unscored_reason",
        "ingested_at",
    ),
    source=f"(SELECT *, {near.WORDS} AS words FROM (SELECT *, lower(text) AS folded FROM staged)) {FOR_NEW_POSTS}",  # noqa: S608
    timed="created_at",
)
SCORES = _as_it_is(post_scores.TABLE, "scores", without=("kafka_topic", "partition", "offset"))
REJECTED = _as_it_is(
    rejected.TABLE, "rejected", but={"payload": f"left(payload, {_PAYLOAD_CHARACTERS})"}, without=("raw",)
)
# In this order: scores are there before their posts.
MIRRORED = (
    SCORES,
    POSTS,
    REJECTED,
    _as_it_is(deletions.TABLE, "deletions"),
    _as_it_is(sentiment_by_hour.TABLE, "sentiment_by_hour"),
    _as_it_is(hashtag_trends.TABLE, "hashtag_trends"),
    _as_it_is(ledger.TABLE, "batches"),
    _as_it_is(topics.TABLE, "topics"),
    _as_it_is(topic_lineage.TABLE, "topic_lineage"),
    _as_it_is(word_clusters.TABLE, "word_clusters"),
    _as_it_is(promotions.TABLE, "promotions"),
)
