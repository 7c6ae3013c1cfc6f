"""The Spark session's log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from starling import session


@pytest.fixture
def logs(spark: SparkSession, tmp_path: Path) -> Iterator[Path]:
    """A folder for one test's log; then Spark writes where it did before."""
    before = Path(spark.sparkContext._jvm.java.lang.System.getProperty("starling.logs"))
    yield tmp_path / "logs"
    session.log_to(spark, before, rolling=False)


@pytest.fixture
def logger(spark: SparkSession) -> Any:
    """Whoever has something to say in Spark's JVM."""
    return spark.sparkContext._jvm.org.slf4j.LoggerFactory.getLogger("org.starling.Tests")


@pytest.mark.parametrize("rolling", [False, True])
def test_what_spark_warns_of_is_in_the_log_with_its_time_and_place(
    spark: SparkSession, logs: Path, logger: Any, rolling: bool
) -> None:
    session.log_to(spark, logs, rolling=rolling)
    logger.warn("a warning of a test")
    logger.info("nothing that anybody needs")
    (line,) = (logs / "spark.log").read_text().splitlines()
    assert line.endswith(" WARN o.s.Tests: a warning of a test")
    assert line.startswith("20")


def test_a_log_that_rolls_keeps_the_newest(spark: SparkSession, logs: Path, logger: Any) -> None:
    session.log_to(spark, logs, rolling=True)
    megabytes = "x" * 5_000_000
    for number in range(24):
        logger.warn(f"{number} {megabytes}")
    sizes = {path.name: path.stat().st_size for path in logs.iterdir()}
    assert sizes.keys() == {"spark.log", "spark-1.log", "spark-2.log", "spark-3.log"}
    assert sum(sizes.values()) < 110_000_000
    assert "23 xxx" in (logs / "spark.log").read_text()


def test_a_logger_of_a_job_does_not_lead_to_all_that_spark_holds(spark: SparkSession, logs: Path, logger: Any) -> None:
    """Spark takes the size of a forest that it broadcasts for the size of all that can be reached from it."""
    session.log_to(spark, logs, rolling=False)
    logger.warn("so that the file is opened")
    assert spark.sparkContext._jvm.org.apache.spark.util.SizeEstimator.estimate(logger) < 2_000_000
