import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType

from starling.errors import StorageError, StreamError
from starling.failures import in_one_line, storage_errors


def thrown(spark: SparkSession, exception: JavaObject) -> Exception:
    """The Python exception that stands for a Java one which a call into the JVM threw, inside an ExecutionException."""
    assert spark.sparkContext._jvm is not None
    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        spark.sparkContext._jvm.java.util.concurrent.CompletableFuture.failedFuture(exception).get()
    return caught.value


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("disk full"), "ValueError: disk full"),
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (RuntimeError("\n\n  first\nsecond"), "RuntimeError: first"),
        (RuntimeError(), "RuntimeError"),
        (RuntimeError(" \n "), "RuntimeError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_python_error_is_its_kind_and_its_first_line(error: BaseException, said: str) -> None:
    assert in_one_line(error) == said


def test_of_a_java_error_the_innermost_cause_is_told(spark: SparkSession) -> None:
    java = spark.sparkContext._jvm.java  # type: ignore[union-attr]
    innermost = java.io.IOException("No space left on device\n\tat org.apache.kafka.common.Utils")
    error = thrown(spark, java.lang.RuntimeException("the outer one", java.lang.IllegalStateException(innermost)))
    assert in_one_line(error) == "IOException: No space left on device"


def test_py4js_own_error_is_told_by_its_java_cause(spark: SparkSession) -> None:
    java = spark.sparkContext._jvm.java  # type: ignore[union-attr]
    innermost = java.io.IOException("No space left on device")
    assert in_one_line(Py4JJavaError("", java.lang.RuntimeException(innermost))) == (
        "IOException: No space left on device"
    )


def test_a_java_error_without_a_message_is_its_kind(spark: SparkSession) -> None:
    java = spark.sparkContext._jvm.java  # type: ignore[union-attr]
    assert in_one_line(thrown(spark, java.lang.OutOfMemoryError())) == "OutOfMemoryError"


def test_a_cause_that_says_nothing_is_told_by_the_exception_around_it_that_does(spark: SparkSession) -> None:
    java = spark.sparkContext._jvm.java  # type: ignore[union-attr]
    died = java.lang.IllegalStateException("the worker died", java.io.EOFException())
    error = thrown(spark, java.lang.RuntimeException(java.lang.RuntimeException("the outer one", died)))
    assert in_one_line(error) == "IllegalStateException: the worker died"


def test_what_a_python_worker_raised_is_told_as_it_was_raised(spark: SparkSession) -> None:
    def fail(number):  # without types, from which Spark would guess another kind of UDF
        try:
            return 1 // number
        except ZeroDivisionError as error:
            raise LookupError("a line\nand another") from error

    with pytest.raises(PySparkException) as caught:
        spark.range(1).select(F.udf(fail, LongType())("id")).collect()
    assert in_one_line(caught.value) == "LookupError: a line"


def test_causes_that_go_round_in_a_circle_come_to_an_end(spark: SparkSession) -> None:
    java = spark.sparkContext._jvm.java  # type: ignore[union-attr]
    one = java.lang.RuntimeException("one")
    two = java.lang.RuntimeException("two", one)
    one.initCause(two)
    # Not thrown: PySpark itself does not come to an end with it.
    assert in_one_line(Py4JJavaError("", one)) in ("RuntimeException: one", "RuntimeException: two")


def test_an_error_that_pyspark_has_made_its_own_is_told_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PySparkException, match="PATH_NOT_FOUND") as caught:
        spark.read.parquet(str(tmp_path / "missing.parquet"))
    said = in_one_line(caught.value)
    assert said.startswith("AnalysisException: ")
    assert "missing.parquet" in said
    assert "\n" not in said


def test_an_error_in_a_task_is_told_by_its_innermost_cause(spark: SparkSession, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"not Parquet" * 10)
    with pytest.raises((PySparkException, Py4JJavaError), match="FAILED_READ_FILE") as caught:
        spark.read.schema("a INT").parquet(str(damaged)).collect()
    said = in_one_line(caught.value)
    assert said.startswith("RuntimeException: ")
    assert "damaged.parquet is not a Parquet file" in said
    assert "\n" not in said


# --- full and read-only disks


def fill(disk: Path) -> None:
    """Writes until there is no room, as what comes to its end on a full disk does."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(1 << 20)):
            pass


def failing(places: Sequence[str], work: Callable[[], object]) -> str:
    """What is said of work that fails for the disk's sake."""
    with pytest.raises(StorageError) as caught, storage_errors(places):
        work()
    assert caught.value.exit_code == 4
    return str(caught.value)


def raising(error: Exception) -> Callable[[], object]:
    def work() -> None:
        raise error

    return work


def test_of_the_places_the_full_one_is_named_with_a_remedy(small_disk: Path, tmp_path: Path) -> None:
    fill(small_disk)
    places = ("s3a://bucket/lake", str(tmp_path), f"file://{small_disk}/checkpoints")
    assert failing(places, lambda: (small_disk / "more").write_text("a word")) == (
        f"no space left on the disk of {small_disk}/checkpoints: 0 bytes are free; make room there and start again: "
        "nothing is lost, the work goes on where it was"
    )


def test_a_query_that_died_of_a_full_disk_is_known_by_its_words(tmp_path: Path) -> None:
    died = StreamError("the stream stopped: IOException: No space left on device; nothing is lost")
    assert failing([f"{tmp_path}/lake"], raising(died)).startswith(f"no space left on the disk of {tmp_path}/lake: ")


def test_java_says_it_in_the_same_words(spark: SparkSession, tmp_path: Path) -> None:
    full = thrown(spark, spark.sparkContext._jvm.java.io.IOException("No space left on device"))  # type: ignore[union-attr]
    assert failing([str(tmp_path)], raising(full)).startswith(f"no space left on the disk of {tmp_path}: ")


def test_a_read_only_disk_is_named_when_it_becomes_so_and_refused_before_any_work(small_disk: Path) -> None:
    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", small_disk], check=True)

    def work() -> None:
        remount("ro")
        (small_disk / "lake").mkdir()

    refused = (
        f"{small_disk}/lake cannot be written to; give access there, or name another folder in [paths] of the settings"
    )
    assert failing([f"{small_disk}/lake"], work) == refused
    assert failing([f"{small_disk}/lake"], raising(AssertionError("the work was begun"))) == refused
    remount("rw")


def test_what_is_not_the_disks_fault_is_left_as_it_is(tmp_path: Path) -> None:
    error = StreamError("the stream stopped: IOException: Connection refused")
    with pytest.raises(StreamError) as caught, storage_errors([str(tmp_path), "s3a://bucket/lake"]):
        raise error
    assert caught.value is error
