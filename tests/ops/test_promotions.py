"""ops.promotions: what is logged is read back."""

from datetime import datetime, timezone
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.testing import assertSchemaEqual

from starling import delta
from starling.ops import promotions
from starling.ops.promotions import PROMOTED, REFUSED, Entry

EARLY, LATE = (datetime(2026, 11, 24, hour, 30, 0, 123456, tzinfo=timezone.utc) for hour in (9, 10))


def test_a_models_entries_are_read_back_oldest_first_to_the_microsecond(spark: SparkSession, tmp_path: Path) -> None:
    refused = Entry("topics", REFUSED, 2, 1, "worse", {"leads": {"é": [1.5, None]}}, LATE, "b")
    promoted = Entry("topics", PROMOTED, 1, None, "better", {}, EARLY, "a")
    other = Entry("words", PROMOTED, 1, None, "better", {}, EARLY, "c")
    delta.create(spark, promotions.TABLE, str(tmp_path))
    delta.append(promotions.rows(spark, [refused, other, promoted]), promotions.TABLE, str(tmp_path), 3)
    log = delta.read(spark, promotions.TABLE, str(tmp_path))
    assertSchemaEqual(promotions.rows(spark, [other]).schema, promotions.TABLE.schema, ignoreNullable=False)
    assert promotions.of_model(log, "topics") == [promoted, refused]
    assert promotions.of_model(log, "nothing") == []
