"""The streaming query: started, watched, stopped between two micro-batches."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial

from py4j.protocol import Py4JError
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from starling import kafka, pseudonyms
from starling.errors import StarlingError, StreamError
from starling.failures import in_one_line
from starling.models.champions import NAMES, ChampionWatch
from starling.models.registry import Registry
from starling.models.scoring import try_out
from starling.ops.ledger import Entry
from starling.ops.metrics import StreamMetrics
from starling.ops.status import StatusLine
from starling.pipeline.batch import MicroBatches, records
from starling.pipeline.catalogue import STREAM_TABLES, create_all
from starling.pipeline.refresh import Gold
from starling.pipeline.scored import Scores
from starling.pipeline.upkeep import Upkeep
from starling.settings import Settings
from starling.terminal import terminal

_POLL_SECONDS = 0.2


def stream(spark: SparkSession, settings: Settings, servers: str, stop: threading.Event, *, once: bool) -> None:
    """Runs the stream until `stop` is set, or, with `once`, until what the topic holds is written.

    Raises StreamError, with the reason in one line, when the query dies; started again it goes on where it was.
    """
    kafka.ensure_topic(settings, servers)
    create_all(spark, settings.lake, STREAM_TABLES)
    metrics = StreamMetrics()
    endpoint = metrics.serve(settings.metrics)
    try:
        with (
            _status_line(spark, metrics) as status,
            closing(_champions(spark, settings, metrics, status)) as champions,
            closing(Upkeep(spark, settings, status.note)) as upkeep,
            _gold(Gold(spark, settings, once=once)) as gold,
        ):

            def written(entries: Sequence[Entry]) -> None:
                status.batch_written(entries)
                upkeep.batch_written()

            scores = Scores(settings, champions.current, status.note)
            batches = _Watched(MicroBatches(settings, written, scores, gold), stop)
            source = records(_source(spark, settings, servers), settings, pseudonyms.key(settings))
            query = _start(source, settings, batches, once=once)
            _watch(query, batches, stop, settings.stream.stop_timeout_seconds)
    finally:
        if endpoint:
            endpoint.close()


@contextmanager
def _status_line(spark: SparkSession, metrics: StreamMetrics) -> Iterator[StatusLine]:
    with terminal() as screen:
        status = StatusLine(metrics, screen)
        spark.streams.addListener(status)
        try:
            yield status
        finally:
            spark.streams.removeListener(status)
            status.close()


@contextmanager
def _gold(gold: Gold) -> Iterator[Gold]:
    """Gold is closed with the stream; where the stream ends by an error, that is the one to be told."""
    try:
        yield gold
    except BaseException:
        with suppress(Exception):
            gold.close()
        raise
    try:
        gold.close()
    except Exception as error:
        raise _reason(error, None) from error


def _champions(spark: SparkSession, settings: Settings, metrics: StreamMetrics, status: StatusLine) -> ChampionWatch:
    watch = ChampionWatch(
        Registry(settings, spark), settings.models.refresh_seconds, status.note, partial(try_out, spark=spark)
    )
    metrics.watch_champions(NAMES, watch.version)
    return watch


def _source(spark: SparkSession, settings: Settings, servers: str) -> DataFrame:
    return spark.readStream.format("kafka").options(**kafka.spark_options(settings, servers)).load()


def _start(source: DataFrame, settings: Settings, batches: "_Watched", *, once: bool) -> StreamingQuery:
    writer = source.writeStream.queryName("posts").foreachBatch(batches)
    writer = writer.option("checkpointLocation", f"{settings.checkpoints}/posts")
    if once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{settings.stream.trigger_seconds} seconds").start()


class _Watched:
    """The micro-batches, with what is to be known of them from outside, and none begun once a stop is wished."""

    def __init__(self, write: Callable[[DataFrame, int], None], stop: threading.Event) -> None:
        self._write = write
        self._stop = stop
        self.busy = False
        self.failure: BaseException | None = None

    def __call__(self, batch: DataFrame, batch_id: int) -> None:
        if self._stop.is_set():
            raise _StopWished(f"batch {batch_id} is left for the next start")
        self.busy = True
        try:
            self._write(batch, batch_id)
        except Exception as error:
            self.failure = error
            raise
        finally:
            self.busy = False


class _StopWished(Exception):  # noqa: N818 — a wish, not an error
    """Ends a query that would otherwise begin a micro-batch although it is to stop."""


def _watch(query: StreamingQuery, batches: _Watched, stop: threading.Event, timeout_seconds: float) -> None:
    try:
        while query.isActive and not stop.wait(_POLL_SECONDS):
            pass
        if stop.is_set():
            _end(query, batches, timeout_seconds)
        query.awaitTermination()
    except (StreamingQueryException, Py4JError) as error:
        if not stop.is_set() or isinstance(batches.failure, StarlingError):
            raise _reason(error, batches.failure) from error


def _end(query: StreamingQuery, batches: _Watched, timeout_seconds: float) -> None:
    """Lets the running micro-batch be written and committed, then stops; after the timeout stops it as it is."""
    deadline = time.monotonic() + timeout_seconds
    while (batches.busy or query.status["isTriggerActive"]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    query.stop()


def _reason(error: Exception, failure: BaseException | None) -> StarlingError:
    if isinstance(failure, StarlingError):
        return failure
    return StreamError(
        f"the stream stopped: {in_one_line(failure or error)}; nothing is lost: start it again and it goes on where "
        "it was (logs/spark.log in the work folder has the whole story)"
    )
