"""The real clients at a real Kafka that asks who is there."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from guarded import Guarded, guarded_kafka, opened
from starling.errors import BrokerError, ConfigError
from starling.failures import in_one_line
from starling.kafka import ensure_topic, librdkafka_options, producer_options, spark_options
from starling.settings import Kafka, Settings

KERBEROS = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "GSSAPI",
    "sasl.kerberos.service.name": "kafka",
    "sasl.kerberos.principal": "me@EXAMPLE.TEST",
    "sasl.kerberos.keytab": "/no/such.keytab",
}

pytestmark = pytest.mark.slow  # it has a broker of its own, with passwords and TLS


def of(options: dict[str, str], timeout_seconds: int = 30) -> Settings:
    topic = f"test-{uuid.uuid4().hex}"
    return Settings(kafka=Kafka(topic=topic, options=options, timeout_seconds=timeout_seconds))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as kafka:
        opened(kafka)
        yield kafka


def send(settings: Settings, servers: str) -> None:
    """Makes the topic and sends a word, as a collector does."""
    ensure_topic(settings, servers)
    producer = Producer(producer_options(settings, servers))
    producer.produce(settings.kafka.topic, b"hello", partition=0)
    assert producer.flush(10) == 0


def first_word(settings: Settings, servers: str) -> bytes:
    consumer = Consumer({**librdkafka_options(settings, servers), "group.id": "test"})
    consumer.assign([TopicPartition(settings.kafka.topic, 0, OFFSET_BEGINNING)])
    message = consumer.poll(10)
    consumer.close()
    assert message is not None
    assert message.error() is None
    return bytes(message.value())


@pytest.fixture(scope="module")
def refusals(guarded: Guarded) -> dict[str, str]:
    """What is said to those who are not let in; all of them wait at the same time."""
    uncertified = {name: value for name, value in guarded.by_certificate().items() if not name.startswith("ssl.key")}
    wrong = {
        "another password": (guarded.by_password("wr0ng-s3cret"), guarded.plain),
        "another host": ({**guarded.by_scram(), "ssl.endpoint.identification.algorithm": "https"}, guarded.scram),
        "no certificate": (uncertified, guarded.mutual),
        "another secret": (guarded.by_token(secret="wr0ng-s3cret"), guarded.oauth),
        "a forged token": (guarded.by_token(client="forger"), guarded.oauth),
        "no endpoint": (
            {**guarded.by_token(), "sasl.oauthbearer.token.endpoint.url": "https://127.0.0.1:1/token"},
            guarded.oauth,
        ),
    }

    def refused(options: dict[str, str], servers: str) -> str:
        with pytest.raises(BrokerError) as caught:
            ensure_topic(of(options, timeout_seconds=4), servers)
        message = str(caught.value)
        assert message.startswith(f"no Kafka broker answers at {servers} within 4 s (")
        return message

    with ThreadPoolExecutor(len(wrong)) as pool:
        waiting = {who: pool.submit(refused, *how) for who, how in wrong.items()}
        return {who: told.result() for who, told in waiting.items()}


def test_a_password_from_the_settings_opens_it(guarded: Guarded) -> None:
    settings = of(guarded.by_password())
    send(settings, guarded.plain)
    assert first_word(settings, guarded.plain) == b"hello"


def test_tls_scram_and_no_endpoint_check_open_it(guarded: Guarded) -> None:
    settings = of(guarded.by_scram())
    send(settings, guarded.scram)
    assert first_word(settings, guarded.scram) == b"hello"


def test_a_certificate_of_ones_own_opens_it(guarded: Guarded) -> None:
    settings = of(guarded.by_certificate())
    send(settings, guarded.mutual)
    assert first_word(settings, guarded.mutual) == b"hello"


def test_a_token_of_the_endpoint_in_the_settings_opens_it(guarded: Guarded) -> None:
    settings = of(guarded.by_token())
    send(settings, guarded.oauth)
    assert first_word(settings, guarded.oauth) == b"hello"
    wanted = {"client": "me", "kind": "Basic", "grant_type": "client_credentials", "scope": "read write"}
    assert guarded.tokens.asked[-1] == wanted


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("another password", "Authentication failed"),
        ("another host", "certificate verify failed"),
        ("no certificate", "alert bad certificate"),
        ("another secret", "invalid_client"),
        ("a forged token", "invalid_token"),
        ("no endpoint", "token: Failed to connect"),
    ],
)
def test_who_is_not_let_in_is_told_why_in_one_line_without_a_secret(
    refusals: dict[str, str], who: str, why: str
) -> None:
    assert why in refusals[who]
    assert "\n" not in refusals[who]
    assert "s3cret" not in refusals[who]


def test_kerberos_is_named_as_what_this_confluent_kafka_cannot_speak() -> None:
    with pytest.raises(ConfigError) as caught:
        ensure_topic(of(KERBEROS), "127.0.0.1:1")
    assert str(caught.value) == (
        "kafka.options: sasl.mechanism GSSAPI: this confluent-kafka was built without Kerberos, as PyPI's are; build "
        "one against a librdkafka that has it (pip install --no-binary confluent-kafka confluent-kafka)"
    )


@pytest.mark.slow
def test_spark_gets_in_with_the_same_options(spark: SparkSession, guarded: Guarded) -> None:
    for options, servers in (
        (guarded.by_password(), guarded.plain),
        (guarded.by_scram(), guarded.scram),
        (guarded.by_certificate(encrypted=False), guarded.mutual),
        (guarded.by_token(), guarded.oauth),
    ):
        settings = of(options)
        send(settings, servers)
        records = spark.read.format("kafka").options(**spark_options(settings, servers)).load()
        assert [bytes(row.value) for row in records.collect()] == [b"hello"]


@pytest.mark.slow
def test_spark_takes_the_key_table_of_the_options_to_kerberos(spark: SparkSession) -> None:
    records = spark.read.format("kafka").options(**spark_options(of(KERBEROS), "127.0.0.1:1")).load()
    with pytest.raises((PySparkException, Py4JJavaError)) as caught:
        records.collect()
    # What Java says without a key table; no Kerberos is needed to hear it.
    assert in_one_line(caught.value).startswith("LoginException: Could not login: the client is being asked for a pass")
