"""The topic is there before anything is read or sent, or it is said why not."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from starling.errors import BrokerError, ConfigError
from starling.kafka import _reason, ensure_topic
from starling.settings import Kafka, Settings


def of(options: dict[str, str], **kafka: object) -> Settings:
    return Settings(kafka=Kafka(topic=f"test-{uuid.uuid4().hex}", options=options, **kafka))  # type: ignore[arg-type]


def partitions(servers: str, topic: str) -> int:
    admin = AdminClient({"bootstrap.servers": servers})
    return len(admin.list_topics(topic, timeout=10).topics[topic].partitions)


def config(servers: str, topic: str, name: str) -> str:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": servers})
    return str(admin.describe_configs([resource])[resource].result(timeout=10)[name].value)


def test_the_topic_has_the_settings_partitions_and_the_brokers_own_time_stamps(broker: str) -> None:
    settings = of({}, partitions=3)
    ensure_topic(settings, broker)
    assert partitions(broker, settings.kafka.topic) == 3
    assert config(broker, settings.kafka.topic, "message.timestamp.type") == "LogAppendTime"


def test_a_topic_that_is_there_stays_as_it_is(broker: str) -> None:
    settings = of({}, partitions=1)
    ensure_topic(settings, broker)
    other = Settings(kafka=Kafka(topic=settings.kafka.topic, partitions=5))
    ensure_topic(other, broker)
    assert partitions(broker, settings.kafka.topic) == 1


def test_several_may_make_the_topic_at_once(broker: str) -> None:
    settings = of({}, partitions=2)
    together = threading.Barrier(6)

    def make() -> None:
        together.wait()
        ensure_topic(settings, broker)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(make) for _ in range(6)]:
            done.result()
    assert partitions(broker, settings.kafka.topic) == 2


def test_a_topic_that_kafka_refuses_is_one_clear_line(broker: str) -> None:
    with pytest.raises(BrokerError) as caught:
        ensure_topic(Settings(kafka=Kafka(topic="..")), broker)
    assert str(caught.value).startswith("topic '..' cannot be made: ")
    assert "\n" not in str(caught.value)


def test_a_broker_that_is_not_there_is_one_clear_line_within_the_wait() -> None:
    with pytest.raises(BrokerError) as caught:
        ensure_topic(of({}, timeout_seconds=1), "127.0.0.1:1")
    message = str(caught.value)
    assert message.startswith("no Kafka broker answers at 127.0.0.1:1 within 1 s (")
    assert "Connection refused" in message
    assert message.endswith("; check kafka.bootstrap_servers and kafka.options")
    assert "\n" not in message


def test_the_last_reason_for_a_failed_connection_is_the_one_that_is_told() -> None:
    slow = KafkaException(KafkaError(KafkaError._TRANSPORT, "no metadata"))
    reasons = [
        KafkaError(KafkaError._RESOLVE, "unknown host"),
        KafkaError(KafkaError._TRANSPORT, "refused"),
        KafkaError(KafkaError._AUTHENTICATION, "wrong password"),
        KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"),
    ]
    assert _reason(reasons, slow) == "wrong password"
    assert _reason(reasons[3:], slow) == "no metadata"
    assert _reason([], slow) == "no metadata"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"security.protocol": "SASL"}, 'Invalid value "SASL" for configuration property "security.protocol"'),
        ({"security.protocol": "SSL", "ssl.ca.location": "/no/ca.pem"}, "ssl.ca.location failed"),
        (
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url": "no url",
                "sasl.oauthbearer.client.id": "me",
                "sasl.oauthbearer.client.secret": "s3cret",
                "https.ca.location": "/no/ca.pem",
            },
            "`https.ca.location` must be an existing file or directory",
        ),
        (
            {"security.protocol": "SSL", "ssl.keystore.location": "/no/me.pem", "ssl.key.password": "s3cret"},
            "ssl.certificate.location failed",
        ),
    ],
)
def test_options_that_cannot_be_are_one_clear_line_at_once(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ensure_topic(of(options), "127.0.0.1:1")
    message = str(caught.value)
    assert message.startswith("kafka.options: ")
    assert said in message
    assert "\n" not in message
    assert "s3cret" not in message
