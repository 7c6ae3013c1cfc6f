"""ops.batches: the ledger. Of every micro-batch, what was read and what became of it, by partition."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StringType, StructType, TimestampType

from starling import commits, delta
from starling.errors import LedgerError
from starling.tables import Table, column

# What can become of a record: exactly one of these.
OUTCOMES = ("posts", "engagement", "deletions", "rejected", "duplicates")

TABLE = Table(
    name="ops.batches",
    comment="One row a micro-batch and partition: records = posts + engagement + deletions + rejected + duplicates",
    schema=StructType(
        [
            column("query_id", StringType(), "the streaming query, as its checkpoint names it", nullable=False),
            column("batch_id", LongType(), "micro-batch of the query, from 0", nullable=False),
            column("topic", StringType(), "Kafka topic", nullable=False),
            column("partition", IntegerType(), "Kafka partition", nullable=False),
            column("from_offset", LongType(), "first offset read", nullable=False),
            column("until_offset", LongType(), "last offset read, plus one", nullable=False),
            column("records", LongType(), "records read", nullable=False),
            column("posts", LongType(), "records that became a row of silver.posts", nullable=False),
            column("engagement", LongType(), "records that only brought new counts", nullable=False),
            column("deletions", LongType(), "records that became a row of silver.deletions", nullable=False),
            column("rejected", LongType(), "records that became a row of silver.rejected", nullable=False),
            column("duplicates", LongType(), "records that brought nothing new", nullable=False),
            column("repeated", LongType(), "records that an earlier batch had read already", nullable=False),
            column("newest_record_at", TimestampType(), "when the broker took the newest of them, UTC", nullable=False),
            column("started_at", TimestampType(), "when the batch started, UTC", nullable=False),
            column("written_at", TimestampType(), "when all its rows were written, UTC", nullable=False),
        ]
    ),
    keys=("query_id", "batch_id", "topic", "partition"),
    statistics=("query_id", "batch_id", "topic", "partition", "from_offset", "until_offset"),
)


@dataclass(frozen=True)
class Entry:
    """A row of the ledger."""

    query_id: str
    batch_id: int
    topic: str
    partition: int
    from_offset: int
    until_offset: int
    records: int
    posts: int
    engagement: int
    deletions: int
    rejected: int
    duplicates: int
    repeated: int
    newest_record_at: datetime
    started_at: datetime
    written_at: datetime

    @property
    def accounted(self) -> int:
        """Records of which it is known what became of them."""
        return self.posts + self.engagement + self.deletions + self.rejected + self.duplicates

    @property
    def missing(self) -> int:
        """Records read, less those: 0 where the row balances."""
        return self.records - self.accounted


def check(entries: Sequence[Entry]) -> None:
    """Raises LedgerError, which names the batch and the partition, where records went missing or were counted twice."""
    for entry in entries:
        if entry.missing:
            raise LedgerError(
                f"batch {entry.batch_id} of query {entry.query_id} does not balance: {entry.records} records read from "
                f"{entry.topic}-{entry.partition} at offsets {entry.from_offset} to {entry.until_offset - 1}, "
                f"{entry.accounted} accounted for; nothing was committed, the batch will be read again"
            )


def rows(spark: SparkSession, entries: Sequence[Entry]) -> DataFrame:
    """The entries as rows of the table."""
    return spark.createDataFrame([tuple(asdict(entry).values()) for entry in entries], TABLE.schema)


_READ_UNTIL, _NEWEST = "read_until", "newest"
# What Delta calls the making of an empty table, and what may follow a write without changing a row.
_MAKING = "CREATE TABLE"
_TIDYING = ("OPTIMIZE", "VACUUM START", "VACUUM END")

# By topic and partition, the offset from which on records are new.
ReadUntil = Mapping[tuple[str, int], int]


def nested(read_until: ReadUntil) -> dict[str, dict[str, int]]:
    """As JSON can say it.

    >>> nested({("posts", 0): 5, ("posts", 1): 7})
    {'posts': {'0': 5, '1': 7}}
    """
    topics: dict[str, dict[str, int]] = {}
    for (topic, partition), offset in sorted(read_until.items()):
        topics.setdefault(topic, {})[str(partition)] = offset
    return topics


def from_nested(topics: Mapping[str, Mapping[str, int]]) -> ReadUntil:
    """What JSON said.

    >>> from_nested({'posts': {'0': 5, '1': 7}})
    {('posts', 0): 5, ('posts', 1): 7}
    """
    return {(topic, int(number)): int(until) for topic, parts in topics.items() for number, until in parts.items()}


@dataclass(frozen=True)
class Past:
    """What the ledger says of all batches so far: how far each partition was read.

    `newest` has, by table, the hour since 1970 of the newest row that a batch has written: it is noted, in no row.
    """

    read_until: ReadUntil
    newest: Mapping[str, int] = field(default_factory=dict)

    def until(self, topic: str, partition: int) -> int:
        """The offset from which on the partition's records are new."""
        return self.read_until.get((topic, partition), 0)

    def before(self, topic: str = "topic") -> str:
        """SQL: whether a row's record was read by a batch that is complete; `topic` names the column of its topic.

        >>> Past({("posts", 1): 7}).before()
        "(topic = 'posts' AND partition = 1 AND offset < 7)"
        """
        tests = [
            f"({topic} = '{name}' AND partition = {partition} AND offset < {until})"
            for (name, partition), until in sorted(self.read_until.items())
        ]
        return " OR ".join(tests) or "false"

    def followed_by(self, entries: Sequence[Entry], newest: Mapping[str, int] | None = None) -> "Past":
        """The past after a further batch."""
        new = {(e.topic, e.partition): max(e.until_offset, self.until(e.topic, e.partition)) for e in entries}
        return Past({**self.read_until, **new}, {**self.newest, **(newest or {})})


def note(past: Past) -> str:
    """What a commit of the ledger says of the past that is in it, for `last_noted`."""
    return json.dumps({_READ_UNTIL: nested(past.read_until), _NEWEST: past.newest})


def last_noted(spark: SparkSession, lake: str) -> Past:
    """The past, as the last write into the ledger notes it; where that notes nothing, as all its rows say."""
    for commit in commits.last(spark, TABLE, lake):
        if commit.operation == _MAKING:
            return Past({})
        if commit.note is not None:
            try:
                said = json.loads(commit.note)
                return Past(from_nested(said[_READ_UNTIL]), {name: int(hour) for name, hour in said[_NEWEST].items()})
            except (ValueError, TypeError, KeyError, AttributeError):
                break
        if commit.operation not in _TIDYING:
            break
    return past(delta.read(spark, TABLE, lake))


def past(ledger: DataFrame) -> Past:
    """The past of all queries that wrote into the table."""
    found = ledger.groupBy("topic", "partition").agg(F.max("until_offset").alias("until")).collect()
    return Past({(row.topic, row.partition): row.until for row in found})


@dataclass(frozen=True)
class Sums:
    """What the rows of the ledger come to.

    `totals` has records, OUTCOMES and repeated: a record that was read again counts again. In `read_once` it counts
    once; `unbalanced` is how many rows do not balance.
    """

    entries: int
    unbalanced: int
    totals: Mapping[str, int]
    read_once: int
    past: Past


def sums(ledger: DataFrame) -> Sums:
    """What all rows come to, found by one query.

    What a batch repeats has been counted where an earlier entry reaches as far. Where none does, an interrupted batch
    had written it and never came to its entry.
    """
    earlier = Window.partitionBy("topic", "partition").orderBy("written_at").rowsBetween(Window.unboundedPreceding, -1)
    entered = F.col("from_offset") < F.max("until_offset").over(earlier)
    new = F.col("records") - F.when(entered, F.col("repeated")).otherwise(0)
    names = ("records", *OUTCOMES, "repeated")
    found = (
        ledger.withColumn("new", new)
        .groupBy("topic", "partition")
        .agg(
            F.count("*").alias("entries"),
            F.count_if(_is_out_of_balance()).alias("unbalanced"),
            F.sum("new").alias("new"),
            F.max("until_offset").alias("until"),
            *(F.sum(name).alias(name) for name in names),
        )
        .collect()
    )
    return Sums(
        entries=sum(row.entries for row in found),
        unbalanced=sum(row.unbalanced for row in found),
        totals={name: sum(row[name] for row in found) for name in names},
        read_once=sum(row.new for row in found),
        past=Past({(row.topic, row.partition): row.until for row in found}),
    )


def out_of_balance(ledger: DataFrame) -> DataFrame:
    """The rows of the ledger that do not balance."""
    return ledger.where(_is_out_of_balance())


def _is_out_of_balance() -> Column:
    return F.col("records") != sum((F.col(name) for name in OUTCOMES), F.lit(0))
