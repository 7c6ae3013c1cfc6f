"""Records out of bronze's payloads, and the reason why a payload is none.

A reason is data: null when all is well. The rules run in order, and the first that is broken names itself.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from starling.settings import Limits
from starling.sources import variant
from starling.sources.record import COUNTS, DELETION, POST, REPOST, Source
from starling.sources.x_archive import columns as x_archive
from starling.sources.x_v2 import columns as x_v2

SOURCES: dict[str, Source] = {source.name: source for source in (x_v2.SOURCE, x_archive.SOURCE)}

# No post of a platform read here is older: X began on 2006-03-21.
EARLIEST = "2006-03-21 00:00:00"
_ISO_8601 = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?\z"
_POST_ID = r"^[0-9]{1,20}\z"
_MAX_DETAIL = 200


def parse(events: DataFrame, limits: Limits) -> DataFrame:
    """One row a record, still.

    Reads: source, payload string, raw binary, kafka_timestamp. Adds: RECORD's columns but misfit, created_at timestamp,
    observation_id string (what was counted, by which record: equal for a redelivery of the same counts; null when
    nothing was), and reason and detail, both null for a good record.
    """
    read = events.transform(_with_envelope_problem, limits).transform(_with_documents)
    return read.transform(_with_record).transform(_with_reason, limits)


def _with_envelope_problem(events: DataFrame, limits: Limits) -> DataFrame:
    # + envelope struct<reason, detail>: null where the payload may be read
    return events.withColumn("envelope", F.coalesce(*_envelope(limits)))


def _with_documents(events: DataFrame) -> DataFrame:
    # + a column a source, its document; + complete boolean: the payload is one JSON document; + unread boolean
    sealed, seal = _sealed()
    rows = events.withColumn("sealed", F.when(F.col("envelope").isNull(), sealed)).withColumn("seal", seal)
    alone = F.json_object_keys("sealed") == F.array(F.lit("document"), F.lit("seal"))
    for source in SOURCES.values():
        mine = F.when(F.col("source") == source.name, F.col("sealed"))
        rows = rows.withColumn(f"{source.column}_read", F.from_json(mine, _wrapped(source.document), _JSON_OPTIONS))
    reads = [f"{source.column}_read" for source in SOURCES.values()]
    return rows.select(
        *events.columns,
        *(F.col(f"{source.column}_read.document").alias(source.column) for source in SOURCES.values()),
        (alone & (F.coalesce(*(F.col(f"{read}.seal") for read in reads)) == F.col("seal"))).alias("complete"),
        F.coalesce(*(F.col(f"{read}.unread") for read in reads)).isNotNull().alias("unread"),
    )


_JSON_OPTIONS = {"columnNameOfCorruptRecord": "unread", "allowSingleQuotes": "false"}


def _sealed() -> tuple[Column, Column]:
    """The payload wrapped together with a hash of itself, and that hash.

    Spark's parser stops at the end of the first document and leaves the rest unread. In the wrapper a payload that is
    more than one document closes it too early, and the seal is not found, or it adds keys to the wrapper.
    """
    seal = F.xxhash64("payload").cast("string")
    return F.concat(F.lit('{"document":'), "payload", F.lit(',"seal":"'), seal, F.lit('"}')), seal


def _wrapped(document: StructType) -> StructType:
    return StructType(
        [
            StructField("document", document),
            StructField("seal", StringType()),
            StructField("unread", StringType()),
        ]
    )


def _with_record(rows: DataFrame) -> DataFrame:
    # + RECORD's columns, created_at, observation_id; the documents are gone
    for source in SOURCES.values():
        rows = source.with_record(rows)
    of_source = reduce(
        lambda others, source: F.when(F.col("source") == source.name, F.col(source.column)).otherwise(others),
        SOURCES.values(),
        F.lit(None),
    )
    merged = rows.withColumn("record", of_source)
    named = merged.select("*", "record.*").drop("record", *(source.column for source in SOURCES.values()))
    return named.withColumn("created_at", created_at(F.col("created_at_text"))).withColumn(
        "observation_id", observation_id()
    )


def _with_reason(records: DataFrame, limits: Limits) -> DataFrame:
    # + reason, detail; what they are made of is gone
    judged = records.withColumn("problem", F.coalesce("envelope", *_document(), *_values(limits)))
    detail = F.substring("problem.detail", 1, _MAX_DETAIL).alias("detail")
    reasoned = judged.select("*", F.col("problem.reason").alias("reason"), detail)
    return reasoned.drop("problem", "envelope", "complete", "unread", "misfit")


def created_at(text: Column) -> Column:
    """timestamp, from a full ISO 8601 date and time, UTC where no zone is named; null for anything else."""
    # Spark wants a point before the fraction, and seconds before a zone.
    written_out = F.regexp_replace(F.translate(text, ",", "."), r"^(.{16})(?!:)", "$1:00")
    return F.try_to_timestamp(F.when(text.rlike(_ISO_8601), written_out))


def observation_id() -> Column:
    """string "RECORD_ID/likes/reposts/replies/quotes", "-" for an unknown count; null where all four are."""
    counts = [F.coalesce(F.col(name).cast("string"), F.lit("-")) for name in COUNTS]
    known = F.coalesce(*COUNTS).isNotNull()
    return F.when(known, F.concat_ws("/", "record_id", *counts))


def misfits(source: Column, payload: Column) -> Column:
    """string: which value of a payload has the wrong type, and what was wanted. Dear: for rejected rows alone."""
    json = F.try_parse_json(payload)
    found = F.lit(None).cast("string")
    for known in SOURCES.values():
        first = F.coalesce(*(variant.mismatch(json, path, wanted) for path, wanted in known.types.items()))
        found = F.when(source == known.name, first).otherwise(found)
    return found


def _check(broken: Column, reason: str, detail: Column | str) -> Column:
    """struct<reason, detail> where the rule is broken, else null."""
    said = F.lit(detail) if isinstance(detail, str) else detail
    return F.when(broken, F.struct(F.lit(reason).alias("reason"), said.cast("string").alias("detail")))


def _envelope(limits: Limits) -> list[Column]:
    """Rules on the record as Kafka delivered it."""
    source, payload = F.col("source"), F.col("payload")
    known = F.coalesce(source.isin(*SOURCES), F.lit(False))
    size = F.coalesce(F.octet_length("raw"), F.octet_length(payload))
    return [
        _check(~known, "unknown_source", F.concat(F.lit("header source: "), F.coalesce(source, F.lit("missing")))),
        _check(payload.isNull() | (F.trim(payload) == ""), "empty", "no payload"),
        _check(size > limits.max_payload_bytes, "too_large", _said(size, f"bytes; limit {limits.max_payload_bytes}")),
        _check(F.col("raw").isNotNull(), "invalid_utf8", "the payload's bytes are not UTF-8"),
    ]


def _document() -> list[Column]:
    """Rules on the payload as a JSON document."""
    complete = F.coalesce("complete", F.lit(False))
    return [
        _check(~complete, "invalid_json", "not exactly one valid JSON document"),
        _check(F.col("unread"), "wrong_type", "a value is not of the type that the source gives it"),
        _check(F.col("misfit").isNotNull(), "wrong_type", F.col("misfit")),
        _check(F.col("kind").isNull(), "unknown_record", "neither a post, a repost nor a deletion"),
    ]


def _values(limits: Limits) -> list[Column]:
    """Rules on the record's values."""
    latest = F.col("kafka_timestamp") + F.expr(f"INTERVAL {limits.max_future_minutes} MINUTES")
    time, time_text = F.col("created_at"), F.col("created_at_text")
    is_post, is_repost = F.col("kind") == POST, F.col("kind") == REPOST
    negative = F.coalesce(F.least(*COUNTS) < 0, F.lit(False))
    return [
        _check(~_is_id("post_id") | ~_is_id("record_id"), "bad_id", _said(F.col("post_id"), "is not a post's id")),
        _check(time_text.isNull() & (F.col("kind") != DELETION), "missing_created_at", "no created_at"),
        _check(time_text.isNotNull() & time.isNull(), "bad_created_at", _said(time_text, "is no ISO 8601 time")),
        _check(time < F.lit(EARLIEST).cast("timestamp"), "created_too_early", _said(time_text, "is before any post")),
        _check(time > latest, "created_in_future", _said(time_text, "is after the record came")),
        _check(is_post & F.col("text").isNull(), "missing_text", "no text"),
        _check(negative, "negative_count", F.col("observation_id")),
        _check(is_repost & F.col("observation_id").isNull(), "nothing_counted", "a repost without any count"),
    ]


def _is_id(name: str) -> Column:
    return F.coalesce(F.col(name).rlike(_POST_ID), F.lit(False))


def _said(value: Column, words: str) -> Column:
    return F.concat(F.substring(F.coalesce(value.cast("string"), F.lit("null")), 1, 80), F.lit(f" {words}"))
