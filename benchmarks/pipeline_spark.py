"""Kafka's posts in Delta by Spark as a tutorial has it: from_json, and a Python UDF around vaderSentiment.

Submitted by pipeline.py, with Spark's own defaults.
"""

import argparse
import json
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import udf
from pyspark.sql.types import DoubleType, StructField, StructType
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

DOCUMENT = """
    data STRUCT<
        id STRING, author_id STRING, text STRING, created_at STRING, lang STRING,
        referenced_tweets ARRAY<STRUCT<type STRING>>,
        entities STRUCT<
            hashtags ARRAY<STRUCT<tag STRING>>,
            mentions ARRAY<STRUCT<username STRING>>,
            urls ARRAY<STRUCT<expanded_url STRING>>>>,
    includes STRUCT<users ARRAY<STRUCT<id STRING, public_metrics STRUCT<followers_count BIGINT>>>>
"""
KEY = "a key of the benchmark"
SCORER = "vaderSentiment 3.3.2"
MAX_CHARACTERS = 8_000
SCORES = StructType([StructField(name, DoubleType()) for name in ("compound", "pos", "neu", "neg")])

analyzer = SentimentIntensityAnalyzer()


@udf(returnType=SCORES)
def sentiment(text: str, lang: str | None) -> Mapping[str, float] | None:
    """The four scores of an English text."""
    return analyzer.polarity_scores(text[:MAX_CHARACTERS]) if lang == "en" else None


def main() -> None:
    """The topic into a table; and from when until when, into drain.json."""
    parser = argparse.ArgumentParser()
    for name in ("--servers", "--topic", "--out"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    spark = SparkSession.builder.appName("tutorial").getOrCreate()
    events = spark.readStream.format("kafka").options(**_kafka(asked.servers, asked.topic)).load()
    writer = events.transform(posts).writeStream.format("delta").outputMode("append").trigger(availableNow=True)
    query = writer.option("checkpointLocation", f"{asked.out}/checkpoint").start(f"{asked.out}/silver")
    query.awaitTermination()
    drained = {"began": _began(query.recentProgress), "ended": time.time()}
    Path(asked.out, "drain.json").write_text(json.dumps(drained))
    spark.stop()


def _kafka(servers: str, topic: str) -> dict[str, str]:
    return {
        "kafka.bootstrap.servers": servers,
        "subscribe": topic,
        "startingOffsets": "earliest",
        "includeHeaders": "true",
    }


def _began(progress: Any) -> float:
    """When the first micro-batch began."""
    return datetime.fromisoformat(progress[0]["timestamp"].replace("Z", "+00:00")).timestamp()


def posts(events: DataFrame) -> DataFrame:
    """silver.posts' columns."""
    parsed = events.withColumn("json", F.from_json(F.col("value").cast("string"), DOCUMENT))
    read = parsed.select("*", "json.data.*", "json.includes.users")
    scored = read.withColumn("scores", sentiment("text", "lang"))
    return scored.select(*_read_columns(), *_score_columns())


def _read_columns() -> list[Column]:
    text, plain = F.col("text"), F.lower(F.regexp_replace("text", r"https?://\S+", " "))
    author = F.sha2(F.concat(F.lit(KEY), F.lit("x:"), F.col("author_id")), 256)
    return [
        F.lit("x").alias("platform"),
        F.col("id").alias("post_id"),
        F.substring(author, 1, 32).alias("author"),
        _followers().alias("followers"),
        F.col("created_at").cast("timestamp").alias("created_at"),
        "text",  # type: ignore[list-item]
        F.coalesce("lang", F.lit("und")).alias("lang"),
        F.lit("payload").alias("lang_source"),
        _words("hashtags", "tag", r"#(\w+)"),
        _words("mentions", "username", r"@(\w{1,20})"),
        F.array_distinct(F.coalesce("entities.urls.expanded_url", _all(text, r"(https?://\S+)"))).alias("urls"),
        _refers("replied_to").alias("is_reply"),
        _refers("quoted").alias("is_quote"),
        F.sha2(F.trim(F.regexp_replace(plain, r"\s+", " ")), 256).alias("text_hash"),
        _header("source").alias("source"),
        F.col("topic"),
        F.col("partition"),
        F.col("offset"),
        _header("collected_at").cast("timestamp").alias("collected_at"),
        F.current_timestamp().alias("ingested_at"),
    ]


def _score_columns() -> list[Column]:
    compound, is_english = F.col("scores.compound"), F.col("lang") == "en"
    label = F.when(compound >= 0.05, "positive").when(compound <= -0.05, "negative")
    return [
        *(F.col(f"scores.{name}").alias(name) for name in SCORES.names),
        label.when(compound.isNotNull(), "neutral").alias("sentiment"),
        F.when(~is_english, F.concat(F.lit("language: "), F.col("lang"))).alias("unscored_reason"),
        (is_english & (F.length("text") > MAX_CHARACTERS)).alias("sentiment_cut"),
        F.when(is_english, SCORER).alias("scorer"),
    ]


def _words(name: str, key: str, sign: str) -> Column:
    given = F.coalesce(f"entities.{name}.{key}", _all(F.col("text"), sign))
    return F.array_distinct(F.transform(given, F.lower)).alias(name)


def _all(text: Column, sign: str) -> Column:
    return F.regexp_extract_all(text, F.lit(sign), F.lit(1))


def _followers() -> Column:
    author = F.filter("users", lambda user: user["id"] == F.col("author_id"))
    return F.get(author, 0)["public_metrics"]["followers_count"]


def _refers(how: str) -> Column:
    return F.coalesce(F.array_contains("referenced_tweets.type", how), F.lit(False))


def _header(name: str) -> Column:
    return F.get(F.filter("headers", lambda header: header["key"] == name), 0)["value"].cast("string")


if __name__ == "__main__":
    main()
