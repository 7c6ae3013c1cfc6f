"""bronze.events: one row a Kafka record, as it came."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, IntegerType, LongType, StringType, StructType, TimestampType

from starling.sources.timestamps import time_us
from starling.tables import Table, column

# Where a record stands in Kafka: no two rows of a table that is made of records share these.
COORDINATES = ("topic", "partition", "offset")

COORDINATE_COLUMNS = [
    column("topic", StringType(), "Kafka topic of the record", nullable=False),
    column("partition", IntegerType(), "Kafka partition of the record", nullable=False),
    column("offset", LongType(), "Kafka offset of the record", nullable=False),
]
INGESTED_AT = column("ingested_at", TimestampType(), "start of the micro-batch that wrote the row, UTC", nullable=False)

TABLE = Table(
    name="bronze.events",
    comment="One row a Kafka record, altered only by a deletion or by retention",
    schema=StructType(
        [
            column("source", StringType(), "header source: which parser reads the payload; null where it is missing"),
            column("key", StringType(), "record key, platform:post_id"),
            column("payload", StringType(), "record value as text; U+FFFD stands where it is not UTF-8"),
            column("raw", BinaryType(), "record value as bytes, only where it is not UTF-8"),
            *COORDINATE_COLUMNS,
            column("kafka_timestamp", TimestampType(), "when the broker took the record, UTC", nullable=False),
            column("collected_at", TimestampType(), "header collected_at: when the source was read, UTC"),
            INGESTED_AT,
        ]
    ),
    keys=COORDINATES,
    statistics=("topic", "partition", "offset", "kafka_timestamp"),
)


def with_arrival(kafka: DataFrame) -> DataFrame:
    """What Spark's Kafka source gives (with headers), with the time at which the micro-batch started.

    That is the same when the batch is run again.
    """
    return kafka.withColumn("ingested_at", F.current_timestamp())


def from_kafka(records: pa.RecordBatch) -> pa.RecordBatch:
    """bronze.events' columns. Grain: one row a record, still.

    Reads: key binary, value binary, topic, partition, offset, timestamp, headers, ingested_at.
    """
    value = records.column("value")
    payload = _readable(value)
    columns = {
        "source": _header(records.column("headers"), "source"),
        "key": _readable(records.column("key")),
        "payload": payload,
        "raw": pc.if_else(_says(payload, value), None, value),
        **{name: records.column(name) for name in COORDINATES},
        "kafka_timestamp": records.column("timestamp"),
        "collected_at": _times(_header(records.column("headers"), "collected_at")),
        "ingested_at": records.column("ingested_at"),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in TABLE.columns], TABLE.columns)


def _readable(values: pa.Array) -> pa.Array:
    """string: the bytes as text; U+FFFD stands where they are not UTF-8."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else v.decode(errors="replace") for v in values.to_pylist()], pa.string())


def _says(texts: pa.Array, values: pa.Array) -> pa.Array:
    """boolean: whether the text is what the bytes say, and not marked as unreadable."""
    return pc.equal(texts.cast(pa.binary()), values)


def _header(headers: pa.Array, name: str) -> pa.Array:
    """string: the value of the first header of that name; null where there is none or it is not UTF-8."""
    pairs, rows = headers.flatten(), pc.list_parent_indices(headers)
    named = pc.equal(pairs.field("key"), name)
    with_one, first = np.unique(rows.filter(named), return_index=True)
    place = np.full(len(headers), -1)
    place[with_one] = first
    values = pairs.field("value").filter(named).take(pa.array(place, mask=place < 0))
    texts = _readable(values)
    return pc.if_else(_says(texts, values), texts, None)


def _times(texts: pa.Array) -> pa.Array:
    """timestamp: a full ISO 8601 time, UTC where it names no zone; null for anything else."""
    kind = pa.timestamp("us", "UTC")
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return pa.array(map(time_us, texts.to_pylist()), kind)
