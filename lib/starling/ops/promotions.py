"""ops.promotions: the log of what was made champion, what was refused, and what was rolled back."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructType, TimestampType

from starling.tables import Table, column

PROMOTED, REFUSED, ROLLED_BACK = "promoted", "refused", "rolled_back"

TABLE = Table(
    name="ops.promotions",
    comment="One row a decision on a model's version: made champion, refused, or champion again",
    schema=StructType(
        [
            column("promotion_id", StringType(), "of this decision alone", nullable=False),
            column("at", TimestampType(), "when it was decided, UTC", nullable=False),
            column("model", StringType(), "name in the MLflow registry", nullable=False),
            column("action", StringType(), "promoted, refused or rolled_back", nullable=False),
            column("version", IntegerType(), "the version that it is about", nullable=False),
            column("previous_version", IntegerType(), "champion until then; null where there was none"),
            column("reason", StringType(), "why", nullable=False),
            column("evidence", StringType(), "what it rests on, JSON", nullable=False),
        ]
    ),
    keys=("promotion_id",),
    statistics=("at", "model", "version"),
)


@dataclass(frozen=True)
class Entry:
    """A row of the log."""

    model: str
    action: str
    version: int
    previous_version: int | None
    reason: str
    evidence: Mapping[str, Any]
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    promotion_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def rows(spark: SparkSession, entries: Sequence[Entry]) -> DataFrame:
    """The entries as rows of the table."""
    values = [asdict(entry) | {"evidence": json.dumps(entry.evidence, sort_keys=True)} for entry in entries]
    return spark.createDataFrame([tuple(value[name] for name in TABLE.columns) for value in values], TABLE.schema)


def of_model(log: DataFrame, model: str) -> list[Entry]:
    """The model's entries, the oldest first."""
    # Seconds since 1970 are exact; what PySpark makes of a timestamp depends on this machine's time zone.
    exact = log.where(F.col("model") == model).withColumn("at", F.unix_micros("at"))
    return [_entry(row.asDict()) for row in exact.orderBy("at", "promotion_id").collect()]


def _entry(row: dict[str, Any]) -> Entry:
    at = datetime.fromtimestamp(row["at"] / 1e6, timezone.utc)
    return Entry(**row | {"at": at, "evidence": json.loads(row["evidence"])})
