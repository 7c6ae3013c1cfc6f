"""That what Kafka has of what was read is in bronze, record by record."""

import json

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from starling import delta, kafka
from starling.bronze import events
from starling.bronze.events import COORDINATES
from starling.kafka_topic import Topic
from starling.ops.ledger import Past
from starling.ops.maintenance.verdicts import Verdict, none_of
from starling.settings import Settings

_INVARIANT, _BACK = "kafka = bronze", "bronze in kafka"


def check(spark: SparkSession, settings: Settings, servers: str | None, past: Past) -> list[Verdict]:
    """The verdicts on the offsets that were read and that Kafka still has."""
    if servers is None:
        return [Verdict(_INVARIANT, None, "Kafka was not asked")]
    topic = Topic(settings, servers)
    ranges = {
        partition: (reach.first, end)
        for partition, reach in topic.reach().items()
        if reach.first < (end := min(reach.end, past.until(topic.name, partition)))
    }
    if not ranges:
        return [Verdict(_INVARIANT, None, f"Kafka has none of the records that were read from {topic.name}")]
    there = _records(spark, settings, servers, ranges).withColumn("sent", F.lit(True))
    bronze = delta.read(spark, events.TABLE, settings.lake).where(_within(topic.name, ranges))
    both = there.join(bronze.select(*COORDINATES, F.lit(True).alias("read")), list(COORDINATES), "full_outer")
    lost, made_up = (both.where(F.col(side).isNull()).select(*COORDINATES) for side in ("read", "sent"))
    records = sum(end - first for first, end in ranges.values())
    fine = f"every record at {records:,} offsets that were read and that Kafka still has"
    if not both.where("read IS NULL OR sent IS NULL").count():
        return [Verdict(_INVARIANT, True, fine), Verdict(_BACK, True, "every row is a record of the topic")]
    return [
        none_of(_INVARIANT, lost, "records were read and are not in bronze.events", fine),
        none_of(_BACK, made_up, "rows of bronze.events are no records of the topic", "every row is a record"),
    ]


def _records(spark: SparkSession, settings: Settings, servers: str, ranges: dict[int, tuple[int, int]]) -> DataFrame:
    """COORDINATES of the committed records in these ranges of offsets."""
    options = kafka.spark_options(settings, servers)
    for name in ("maxOffsetsPerTrigger", "includeHeaders"):
        del options[name]
    first = {str(partition): start for partition, (start, _) in ranges.items()}
    end = {str(partition): stop for partition, (_, stop) in ranges.items()}
    del options["subscribe"]
    options |= {
        "assign": json.dumps({settings.kafka.topic: sorted(ranges)}),
        "startingOffsets": json.dumps({settings.kafka.topic: first}),
        "endingOffsets": json.dumps({settings.kafka.topic: end}),
    }
    return spark.read.format("kafka").options(**options).load().select(*COORDINATES)


def _within(topic: str, ranges: dict[int, tuple[int, int]]) -> str:
    return " OR ".join(
        f"(topic = '{topic}' AND partition = {partition} AND offset >= {first} AND offset < {end})"
        for partition, (first, end) in ranges.items()
    )
