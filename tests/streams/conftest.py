"""What the stream's tests share."""

import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from starling.settings import Settings
from streams.lakes import Lake, Record

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def lake(spark: SparkSession, settings: Settings, broker: str) -> Lake:
    """An empty lake and an empty topic."""
    return Lake(spark, settings, broker)


@pytest.fixture(scope="session")
def real_records() -> list[Record]:
    """300 real records of both formats: posts and reposts."""
    v2 = gzip.decompress((DATA / "x_v2_stream.jsonl.gz").read_bytes()).splitlines()
    archive = gzip.decompress((DATA / "x_archive_elgl19.jsonl.gz").read_bytes()).splitlines()
    return [Record("x-v2", line) for line in v2[:150]] + [Record("x-archive", line) for line in archive[:150]]
