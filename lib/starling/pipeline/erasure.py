"""Deleted posts, taken out of every table.

A post leaves silver and gold. Of the records that brought it, or that carry it (a quote or a repost has the other
post's text in its own payload), the rows stay in bronze and among the rejected, so that every record stays accounted
for; their payloads go. All of it may be done again, and by itself begins again where it was interrupted.
"""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import commits, delta
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.gold import author_records, post_scores
from starling.ops import erasures, ledger
from starling.ops.erasures import Receipt
from starling.ops.ledger import Past, ReadUntil
from starling.pipeline.facts import hour
from starling.pipeline.receipts import Erasing, Recount, begin, finish
from starling.silver import deletions, engagement, posts, rejected
from starling.silver.outcomes import POST_KEY
from starling.tables import Table

# What a record said, by table: `detail` may quote a payload.
SAID = {events.TABLE: ("payload", "raw"), rejected.TABLE: ("payload", "raw", "detail")}

# Numbers of a payload that may be ids: of ten digits and more wherever they stand, be it in a link or in JSON inside a
# text; shorter ones where they are a whole JSON string, as ids are: else a post 20 would be in every count of 20.
_NUMBERS = r'(?<![0-9])[0-9]{10,20}(?![0-9])|(?<=")[0-9]{1,9}(?=")'


def erase(spark: SparkSession, lake: str, recount: Recount) -> list[Receipt]:
    """Takes out what is still there of deleted posts; returns the receipts of all that had none, in table order.

    A deletion is held against all records, and later against those alone that came since. Cheap where there is
    nothing to do.
    """
    is_deleted = not commits.is_blank(spark, deletions.TABLE, lake)
    if not is_deleted and not delta.exists(spark, erasures.TABLE, lake):
        return []
    mark = begin(spark, lake)
    past = ledger.past(delta.read(spark, ledger.TABLE, lake)).read_until if is_deleted else mark.read_until
    if past != mark.read_until:
        _Deletions(Erasing(spark, lake, erasures.DELETION), mark.read_until).take_out()
    return finish(spark, lake, mark, recount, past)


def blank_author(spark: SparkSession, lake: str, author_id: str) -> Erasing:
    """Makes the payloads null that name an author by the platform's own id; the receipts are for who finishes it.

    For records that never became posts, and for what others' records carry of the author.
    """
    begin(spark, lake)
    erasing = Erasing(spark, lake, erasures.AUTHOR)
    for table, columns in SAID.items():
        rows = delta.read(spark, table, lake).where(F.array_contains(numbers("payload"), author_id))
        erasing.blank(table, _frame(rows, *COORDINATES), columns)
    return erasing


def numbers(payload: str) -> Column:
    """array<string>: the numbers of a payload that may be ids."""
    return F.regexp_extract_all(payload, F.lit(_NUMBERS), F.lit(0))


@dataclass(frozen=True)
class _Deletions:
    """The tombstones, and the tables that they are held against.

    What a query costs here is its planning, not its rows: so few are asked, each of several tables at once.
    """

    erasing: Erasing
    erased_until: ReadUntil  # records among which nothing deleted is left

    def take_out(self) -> None:
        """Table by table; what a crash leaves is found again, because what the others follow from goes last."""
        new = self._local(_frame(self._new(self._tombstones()), *POST_KEY))
        found, carried = self._found(new), self._carried(new)
        deleted = _of(found, posts.TABLE)
        self._delete_authors(deleted)
        for table in (post_scores.TABLE, engagement.TABLE):
            rows = _of(found, table)
            self.erasing.delete(table, rows[list(POST_KEY)], len(rows))
        for table, columns in SAID.items():
            rows = _of(carried, table)
            of_posts = len(rows[list(POST_KEY)].drop_duplicates())
            self.erasing.blank(table, rows[list(COORDINATES)].drop_duplicates(), columns, of_posts)
        touched = sorted(int(number) for number in deleted["hour"].unique())
        self.erasing.delete(posts.TABLE, deleted[list(POST_KEY)], len(deleted), touched)

    def _found(self, new: DataFrame) -> pd.DataFrame:
        """table_name, POST_KEY, author, hour: the rows of deleted posts; the last two of silver.posts alone."""
        found = (
            self._named(posts.TABLE)
            .join(new, list(POST_KEY), "left_semi")
            .select("table_name", *POST_KEY, "author", hour(F.col("created_at")).alias("hour"))
        )
        others = [(engagement.TABLE, new)]
        if self._exists(post_scores.TABLE):
            others.append((post_scores.TABLE, self._tombstones()))  # a rescoring may have brought some back
        for table, gone in others:
            rows = self._named(table).join(gone, list(POST_KEY), "left_semi").select("table_name", *POST_KEY)
            found = found.unionByName(rows, allowMissingColumns=True)
        return _frame(found, *found.columns)

    def _carried(self, new: DataFrame) -> pd.DataFrame:
        """table_name, COORDINATES, POST_KEY: rows whose record is a deleted post's, or carries one, and that post.

        A tombstone and a record of which either is new have not been held against each other yet.
        """
        bronze, refused = (
            self._named(table).select("table_name", *COORDINATES, "key", "payload").where("payload IS NOT NULL")
            for table in SAID
        )
        rows = bronze.unionByName(refused)
        carrying = _carrying(self._tombstones(), self._new(rows))
        if self.erased_until:  # else all rows are new
            carrying = carrying.unionByName(_carrying(new, rows))
        return _frame(carrying, *carrying.columns)

    def _delete_authors(self, deleted: pd.DataFrame) -> None:
        """Authors of whom no post is left."""
        author = ["platform", "author"]
        if len(deleted) and self._exists(author_records.TABLE):
            of_deleted = self._local(deleted[author].dropna().drop_duplicates())
            there = self._read(posts.TABLE).join(of_deleted, author, "left_semi")
            left = there.join(self._local(deleted[list(POST_KEY)]), list(POST_KEY), "left_anti")
            gone = of_deleted.join(left, author, "left_anti")
            records = self._read(author_records.TABLE).join(gone, author, "left_semi")
            self.erasing.delete(author_records.TABLE, _frame(records, *author))

    def _tombstones(self) -> DataFrame:
        return self._read(deletions.TABLE).select(*POST_KEY, *COORDINATES)

    def _new(self, rows: DataFrame) -> DataFrame:
        return rows.where(f"NOT ({Past(self.erased_until).before()})")

    def _named(self, table: Table) -> DataFrame:
        return self._read(table).withColumn("table_name", F.lit(table.name))

    def _read(self, table: Table) -> DataFrame:
        return delta.read(self.erasing.spark, table, self.erasing.lake)

    def _exists(self, table: Table) -> bool:
        return delta.exists(self.erasing.spark, table, self.erasing.lake)

    def _local(self, keys: pd.DataFrame) -> DataFrame:
        """Words by which rows are told, which Spark then need not read from a table each time."""
        kinds = pa.schema([(name, pa.string()) for name in keys.columns])
        return self.erasing.spark.createDataFrame(pa.Table.from_pandas(keys, kinds, preserve_index=False))


def _carrying(tombstones: DataFrame, rows: DataFrame) -> DataFrame:
    """Rows that have a deleted post's key for their own, or its id among the numbers of their payload."""
    key = F.concat_ws(":", *POST_KEY)
    deleted = tombstones.select(*POST_KEY, F.explode(F.array(key, F.col("post_id"))).alias("word"))
    words = F.array_distinct(F.concat(F.array(F.coalesce("key", F.lit(""))), numbers("payload")))
    return rows.select("table_name", *COORDINATES, F.explode(words).alias("word")).join(deleted, "word").drop("word")


def _frame(rows: DataFrame, *columns: str) -> pd.DataFrame:
    """Distinct values, in memory."""
    found: pd.DataFrame = rows.select(*columns).distinct().toArrow().to_pandas()
    return found


def _of(found: pd.DataFrame, table: Table) -> pd.DataFrame:
    return found[found["table_name"] == table.name]
