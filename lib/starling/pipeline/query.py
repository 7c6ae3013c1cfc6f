"""The streaming query: started, watched, stopped between two micro-batches."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import NamedTuple

from py4j.protocol import Py4JError
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from starling import kafka, pseudonyms
from starling.errors import BrokerError, StarlingError, StreamError
from starling.failures import in_one_line
from starling.kafka_topic import Topic
from starling.models.champions import NAMES, ChampionWatch
from starling.models.registry import Registry
from starling.models.scoring import try_out
from starling.ops.ledger import Entry, Past
from starling.ops.metrics import StreamMetrics
from starling.ops.status import StatusLine
from starling.pipeline.batch import MicroBatches, records
from starling.pipeline.catalogue import STREAM_TABLES, create_all
from starling.pipeline.continuity import Continuity
from starling.pipeline.driver_lock import Held, only_driver
from starling.pipeline.extent import Extent
from starling.pipeline.interpreted import interpreted
from starling.pipeline.outage import is_outage, waited_out
from starling.pipeline.refresh import Gold
from starling.pipeline.scored import Scores
from starling.pipeline.upkeep import Upkeep
from starling.settings import Settings
from starling.terminal import terminal

_POLL_SECONDS = 0.2


def stream(spark: SparkSession, settings: Settings, servers: str, stop: threading.Event, *, once: bool) -> None:
    """Runs the stream until `stop` is set, or, with `once`, until what the topic holds is written.

    A broker that goes away is waited for. Raises BusyError where another stream writes the tables, CheckpointError,
    DataLossError or StreamError where it cannot go on where it was, and StreamError, with the reason in one line, when
    the query dies; started again it goes on where it was.
    """
    kafka.ensure_topic(settings, servers)
    with only_driver(spark, settings.lake) as held, interpreted(spark):
        create_all(spark, settings.lake, STREAM_TABLES)
        metrics = StreamMetrics()
        endpoint = metrics.serve(settings.metrics)
        try:
            with (
                _status_line(spark, metrics) as status,
                closing(_champions(spark, settings, metrics, status)) as champions,
                _gold(Gold(spark, settings, once=once)) as gold,
                Upkeep(spark, settings, gold.recount, status.note, once=once) as upkeep,
            ):

                def written(entries: Sequence[Entry]) -> None:
                    status.batch_written(entries)
                    upkeep.batch_written(entries)

                continuity = Continuity(spark, settings, Topic(settings, servers), status.note)
                scores = Scores(settings, champions.current, status.note)
                parts = _Parts(written, scores, gold, continuity, held)
                while not _run(spark, settings, servers, stop, parts, once=once):
                    metrics.broker_away(True)
                    if not waited_out(settings, servers, stop, status.note):
                        return
                    metrics.broker_away(False)
        finally:
            if endpoint:
                endpoint.close()


class _Parts(NamedTuple):
    """What a query works with, and what outlives it when a broker goes away."""

    written: Callable[[Sequence[Entry]], None]
    scores: Scores
    gold: Gold
    continuity: Continuity
    held: Held


def _run(
    spark: SparkSession, settings: Settings, servers: str, stop: threading.Event, parts: _Parts, *, once: bool
) -> bool:
    """Runs a query to its end; False where it ended because no broker answered."""
    try:
        past = parts.continuity.begin()
    except BrokerError:
        return False

    def before_writing(extents: Sequence[Extent], past: Past) -> None:
        parts.held.check()
        parts.continuity.follow(extents, past)

    batches = _Watched(MicroBatches(settings, past, parts.written, parts.scores, parts.gold, before_writing), stop)
    try:
        source = records(_source(spark, settings, servers), settings, pseudonyms.key(settings))
        query = _start(source, settings, batches, once=once)
        _watch(query, batches, stop, settings.stream.stop_timeout_seconds)
    except (StreamingQueryException, Py4JError) as error:
        if settings.kafka.outage_seconds and _is_outage(error, batches.failure):
            return False
        if not isinstance(batches.failure, StarlingError):
            with suppress(BrokerError):
                parts.continuity.begin()  # which says it better, where Kafka has lost records
        raise _reason(error, batches.failure) from error
    return True


def _is_outage(error: Exception, failure: BaseException | None) -> bool:
    return isinstance(failure, BrokerError) or any(is_outage(one) for one in (error, failure) if one)


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
    except (StreamingQueryException, Py4JError):
        if not stop.is_set() or isinstance(batches.failure, StarlingError):
            raise


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
