"""What the tests of streams share, and those of what can go wrong in them."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import SparkSession

from starling.settings import Settings
from streams.lakes import Lake, Record

if TYPE_CHECKING:
    from streams.shelf import Copy, Shelf

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def lake(spark: SparkSession, settings: Settings, broker: str) -> Iterator[Lake]:
    """An empty lake and an empty topic."""
    yield Lake(spark, settings, broker)
    # Delta keeps the state of every table for an hour after its last use, some megabytes each.
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()


@pytest.fixture(scope="session")
def real_records() -> list[Record]:
    """300 real records of both formats, posts and reposts, under the keys that a collector gives them."""
    v2 = gzip.decompress((DATA / "x_v2_stream.jsonl.gz").read_bytes()).splitlines()[:150]
    archive = gzip.decompress((DATA / "x_archive_elgl19.jsonl.gz").read_bytes()).splitlines()[:150]
    return [
        *(Record("x-v2", line, f"x:{json.loads(line)['data']['id']}") for line in v2),
        *(Record("x-archive", line, f"x:{json.loads(line)['status_id']}") for line in archive),
    ]


@pytest.fixture(scope="session")
def models(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> "Shelf":
    """Tiny models, fitted and recorded."""
    from streams.shelf import shelf

    return shelf(spark, tmp_path_factory.mktemp("shelf") / "work")


@pytest.fixture
def registry(models: "Shelf", settings: Settings) -> "Copy":
    """The models in the registry of the test's own work folder; none is champion yet."""
    return models.into(settings)
