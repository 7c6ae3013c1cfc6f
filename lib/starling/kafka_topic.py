"""The Kafka topic as it stands: which one it is, and how far it reaches."""

import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import OffsetSpec, TopicDescription

from starling import kafka
from starling.errors import BrokerError
from starling.settings import Settings


class Reach(NamedTuple):
    """The offsets that a partition has: [first, end). Not every one of them is a record's."""

    first: int
    end: int


class Topic:
    """Asks the broker about `kafka.topic`; BrokerError where it does not answer within `kafka.timeout_seconds`."""

    def __init__(self, settings: Settings, servers: str) -> None:
        self.name = settings.kafka.topic
        self._settings = settings
        self._servers = servers
        self._timeout = settings.kafka.timeout_seconds
        self._admin = kafka.admin_client(settings, servers, lambda _: None)

    def id(self) -> str:
        """What Kafka calls this topic and no other, also when one of the same name was deleted before."""
        try:
            return str(self._described().topic_id)
        except KafkaException as error:
            raise self._unanswered(error) from None

    def reach(self) -> Mapping[int, Reach]:
        """By partition, how far it reaches now; nothing where there is no such topic."""
        try:
            partitions = [partition.id for partition in self._described().partitions]
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return {}
            raise self._unanswered(error) from None
        first = self._offsets(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = self._offsets(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        return {partition: Reach(first[partition], end[partition]) for partition in partitions}

    def _described(self) -> TopicDescription:
        # Unlike a look at its metadata, this makes no topic where brokers make those that are asked for.
        described = self._admin.describe_topics(TopicCollection([self.name]), request_timeout=self._timeout)
        return cast(TopicDescription, described[self.name].result())

    def _offsets(self, partitions: Iterable[int], which: OffsetSpec) -> dict[int, int]:
        asked = {TopicPartition(self.name, partition): which for partition in partitions}
        answers = self._admin.list_offsets(asked, request_timeout=self._timeout)
        try:
            return {place.partition: answer.result().offset for place, answer in answers.items()}
        except KafkaException as error:
            raise self._unanswered(error) from None

    def has_records(self, partition: int, first: int, end: int) -> bool:
        """Whether any of the offsets [first, end) is a committed record's, and not a transaction's end or remains."""
        if first >= end:
            return False
        consumer = Consumer(
            {
                **kafka.librdkafka_options(self._settings, self._servers),
                "group.id": f"starling-{uuid.uuid4().hex}",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
            },
            logger=kafka.silent_logger(),
        )
        try:
            consumer.assign([TopicPartition(self.name, partition, first)])
            found = consumer.poll(self._timeout)
            if found is None:
                raise BrokerError(
                    f"topic {self.name!r} gives no record of partition {partition} within {self._timeout} s"
                )
            offset = found.offset()
            return found.error() is None and offset is not None and offset < end  # the partition's end is an error too
        finally:
            consumer.close()

    def _unanswered(self, error: KafkaException) -> BrokerError:
        return BrokerError(
            f"the Kafka broker at {self._servers} says nothing of topic {self.name!r} within {self._timeout} s: "
            f"{error.args[0].str()}"
        )
