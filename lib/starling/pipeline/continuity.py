"""That what is read next follows what was read: the same topic, no records gone, none left out.

Where a record stands in Kafka says whether the tables have it. So a topic that was deleted and made again is another
one, however alike; and offsets that nobody has read and that Kafka no longer has are records that are lost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from starling import delta
from starling.bronze import events
from starling.errors import CheckpointError, DataLossError, StreamError
from starling.kafka_topic import Reach, Topic
from starling.ops import gaps, ledger
from starling.ops.gaps import Gap
from starling.ops.ledger import Past
from starling.pipeline import checkpoint
from starling.pipeline.checkpoint import Checkpoint
from starling.pipeline.extent import Extent
from starling.settings import Settings

_TOPIC_ID = "starling.topic-id."


class Continuity:
    """What stands between Kafka and the tables, at the start and with each batch."""

    def __init__(self, spark: SparkSession, settings: Settings, topic: Topic, say: Callable[[str], None]) -> None:
        self._spark = spark
        self._lake = settings.lake
        self._place = f"{settings.checkpoints}/posts"
        self._goes_on = settings.stream.on_data_loss == "continue"
        self._topic = topic
        self._say = say
        self._id = ""

    def begin(self) -> Past:
        """Looks at everything before a query starts; returns what the ledger says.

        Raises StreamError for another topic of the same name, CheckpointError for a checkpoint that is damaged or that
        would leave records out, DataLossError, which names them, for records that are gone.
        """
        self._id = self._topic.id()
        known = self._same_topic()
        found = checkpoint.read(self._spark, self._place, self._topic.name)
        past = ledger.last_noted(self._spark, self._lake)
        reach = self._topic.reach()
        if found:
            self._leaves_nothing_out(found, past, reach)
        missing = list(self._missing(found, past, reach))
        if missing and not self._goes_on:
            raise DataLossError(
                f"{', '.join(map(str, missing))} are gone from Kafka and were never read: its retention was too short, "
                "or they were deleted. STARLING_STREAM_ON_DATA_LOSS=continue goes on with what is left, and enters the "
                f"gap in {gaps.TABLE.name}"
            )
        self._enter(missing)
        if not known:
            delta.set_property(self._spark, events.TABLE, self._lake, self._key, self._id)
        return past

    def follow(self, extents: Sequence[Extent], past: Past) -> None:
        """Looks at a batch before it is written; raises StreamError where it comes from another topic."""
        if self._topic.id() != self._id:
            self._id = self._topic.id()
            self._same_topic()
        ahead = [e for e in extents if e.from_offset > past.until(e.topic, e.partition)]
        if ahead and self._goes_on:
            reach = self._topic.reach()
            self._enter(
                [
                    gap
                    for e in ahead
                    for gap in self._gap(e.partition, past.until(e.topic, e.partition), reach[e.partition].first)
                ]
            )

    @property
    def _key(self) -> str:
        return f"{_TOPIC_ID}{self._topic.name}"

    def _same_topic(self) -> bool:
        """Whether the tables were filled from this very topic; False where they know none of that name."""
        known = delta.properties(self._spark, events.TABLE, self._lake).get(self._key)
        if known not in (None, self._id):
            raise StreamError(
                f"topic {self._topic.name!r} was deleted and made again since the tables were filled from it (its id "
                f"was {known}, and is {self._id}): its offsets begin anew, and records would be taken for others that "
                "are in the tables. Nothing was read. Send them to a topic of another name (kafka.topic) with a "
                "checkpoint of its own (paths.checkpoints): posts that the tables have are left out"
            )
        return known is not None

    def _leaves_nothing_out(self, found: Checkpoint, past: Past, reaches: Mapping[int, Reach]) -> None:
        for partition, reach in reaches.items():
            committed = found.committed.get(partition, 0)
            planned = found.planned.get(partition, committed)
            if planned > reach.end:
                said = f"it says that partition {partition} is read until {planned}, and the topic ends at {reach.end}"
                raise found.damaged(found.planned_in, said)
            if planned < committed:
                raise found.damaged(found.planned_in, f"partition {partition} goes back from {committed} to {planned}")
            read = past.until(self._topic.name, partition)
            if committed > read and self._topic.has_records(partition, max(read, reach.first), committed):
                said = f"it says that partition {partition} is read until {committed}, and the tables end at {read}"
                raise found.damaged(found.planned_in, said)
            if found.committed and committed < reach.first <= read:
                raise CheckpointError(
                    f"the checkpoint {found.place} is older than the tables: Kafka no longer has what it reads next, "
                    "which the tables have. Move the folder away and start again: nothing is lost or doubled"
                )

    def _missing(self, found: Checkpoint | None, past: Past, reaches: Mapping[int, Reach]) -> Iterator[Gap]:
        """What is gone of a topic that has been read before; a new topic begins where it begins."""
        if any(topic == self._topic.name for topic, _ in past.read_until):
            for partition, reach in reaches.items():
                committed = found.committed.get(partition, 0) if found else 0
                yield from self._gap(partition, max(committed, past.until(self._topic.name, partition)), reach.first)

    def _gap(self, partition: int, read: int, first: int) -> list[Gap]:
        """The offsets between what was read and what there is; none where they meet."""
        return [Gap(self._topic.name, partition, read, first, datetime.now(timezone.utc))] if read < first else []

    def _enter(self, missing: Sequence[Gap]) -> None:
        """Enters gaps in the table, each once, whatever crash comes between; one that has grown since, as it is now."""
        if missing:
            delta.create(self._spark, gaps.TABLE, self._lake)
            delta.replace(gaps.rows(self._spark, missing), gaps.TABLE, self._lake, gaps.same(missing))
            self._say(f"gone from Kafka before they were read: {', '.join(map(str, missing))} (see {gaps.TABLE.name})")
