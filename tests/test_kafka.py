import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource
from pyspark.sql import SparkSession

from starling.broker import kraft
from starling.broker.folder import BrokerFolder
from starling.errors import BrokerError, ConfigError
from starling.kafka import _reason, ensure_topic, java_security, librdkafka_options, producer_options, spark_options
from starling.settings import Kafka, Paths, Settings, Stream

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
# All that a login string could stumble over: quotes of both kinds, a backslash, its separators, a letter beyond ASCII.
PASSWORD = "p\"a\\s's;=ü w{}"
SCRAM_PASSWORD = "scram-s3cret"


def of(options: dict[str, str], **kafka: object) -> Settings:
    return Settings(kafka=Kafka(topic=f"test-{uuid.uuid4().hex}", options=options, **kafka))  # type: ignore[arg-type]


# --- the options, in both clients' words


def test_librdkafka_gets_the_options_as_they_are_written() -> None:
    options = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": 'p"w',
        "ssl.ca.location": "/ca.pem",
        "client.id": "c",
    }
    assert librdkafka_options(of(options), "a:1,b:2") == {"bootstrap.servers": "a:1,b:2", **options}


def test_librdkafka_gets_the_pem_of_key_and_certificate_under_both_their_names() -> None:
    settings = of({"security.protocol": "SSL", "ssl.keystore.location": "/me.pem", "ssl.key.password": "k"})
    assert librdkafka_options(settings, "a:1") == {
        "bootstrap.servers": "a:1",
        "security.protocol": "SSL",
        "ssl.key.location": "/me.pem",
        "ssl.certificate.location": "/me.pem",
        "ssl.key.password": "k",
    }
    assert settings.kafka.options["ssl.keystore.location"] == "/me.pem", "the settings themselves were changed"


def test_a_producer_neither_loses_nor_doubles_nor_reorders() -> None:
    assert producer_options(of({"client.id": "c"}, timeout_seconds=7), "a:1") == {
        "bootstrap.servers": "a:1",
        "client.id": "c",
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 20,
        "compression.type": "lz4",
        "message.max.bytes": 8_000_000,
        "delivery.timeout.ms": 7_000,
    }


def test_spark_reads_committed_records_from_the_beginning_and_stops_when_some_are_gone() -> None:
    kafka = Kafka(topic="t", timeout_seconds=7, options={"security.protocol": "SSL", "ssl.ca.location": "/ca.pem"})
    settings = Settings(kafka=kafka, stream=Stream(max_offsets_per_trigger=123))
    assert spark_options(settings, "a:1") == {
        "kafka.bootstrap.servers": "a:1",
        "subscribe": "t",
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": "123",
        "failOnDataLoss": "true",
        "includeHeaders": "true",
        "kafka.isolation.level": "read_committed",
        "kafka.default.api.timeout.ms": "7000",
        "kafka.request.timeout.ms": "7000",
        "kafka.security.protocol": "SSL",
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.location": "/ca.pem",
    }


@pytest.mark.parametrize(
    ("librdkafka", "java"),
    [
        ({}, {}),
        ({"client.id": "c", "security.protocol": "PLAINTEXT"}, {"client.id": "c", "security.protocol": "PLAINTEXT"}),
        (
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": "me",
                "sasl.password": "pw",
                "ssl.ca.location": "/ca.pem",
            },
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.jaas.config": f'{SCRAM} required username="me" password="pw";',
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": "/ca.pem",
            },
        ),
        (
            {"sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "me", "sasl.password": ""},
            {
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.jaas.config": f'{SCRAM} required username="me" password="";',
            },
        ),
        (
            {"sasl.mechanism": "PLAIN", "sasl.username": 'm"e\\', "sasl.password": "\\\"'; x"},
            {
                "sasl.mechanism": "PLAIN",
                "sasl.jaas.config": f'{PLAIN} required username="m\\"e\\\\" password="\\\\\\"\'; x";',
            },
        ),
        (
            {
                "security.protocol": "SSL",
                "ssl.ca.location": "/ca.pem",
                "ssl.keystore.location": "/me.pem",
                "ssl.key.password": "pw",
                "ssl.endpoint.identification.algorithm": "https",
            },
            {
                "security.protocol": "SSL",
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": "/ca.pem",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": "/me.pem",
                "ssl.key.password": "pw",
                "ssl.endpoint.identification.algorithm": "https",
            },
        ),
        ({"ssl.endpoint.identification.algorithm": "none"}, {"ssl.endpoint.identification.algorithm": ""}),
    ],
    ids=["nothing", "no security", "SASL_SSL and SCRAM", "an empty password", "quoting", "mTLS", "no endpoint check"],
)
def test_java_is_told_the_same_in_its_own_words(librdkafka: dict[str, str], java: dict[str, str]) -> None:
    assert java_security(librdkafka) == java


def test_an_unknown_mechanism_is_named_with_the_known_ones_and_without_the_password() -> None:
    with pytest.raises(ConfigError) as caught:
        java_security({"sasl.mechanism": "SCRAM-SHA-1", "sasl.username": "me", "sasl.password": "s3cret"})
    assert str(caught.value) == (
        "kafka.options: sasl.mechanism 'SCRAM-SHA-1' is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"
    )


# --- the topic


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
                "sasl.mechanism": "SCRAM",
                "sasl.username": "me",
                "sasl.password": "s3cret",
            },
            "Unsupported SASL mechanism: SCRAM",
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


# --- a Kafka that asks who is there


class Guarded(NamedTuple):
    """A broker that lets nobody in without a password: over plain TCP (PLAIN), and over TLS (SCRAM)."""

    plain: str
    tls: str
    certificate: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = BrokerFolder(tmp_path_factory.mktemp("guarded"))
    plain, controller = kraft.free_ports(0, None)
    tls = plain
    while tls in (plain, controller):
        tls, _ = kraft.free_ports(0, None)
    certificate = make_certificate(folder.path)
    folder.properties.write_text(
        kraft.server_properties(plain, controller) + guarded_properties(plain, tls, controller, folder.path)
    )
    command = kraft.kafka_command(folder, Settings(paths=Paths(work=str(folder.path))))
    scram = f"SCRAM-SHA-512=[name=me,password={SCRAM_PASSWORD}]"
    format_ = ["kafka.tools.StorageTool", "format", "-t", "x" * 22, "-c", str(folder.properties), "--add-scram", scram]
    with folder.log.open("w") as log:
        subprocess.run([*command[:-2], *format_], cwd=folder.path, stdout=log, stderr=log, check=True)
        kafka = subprocess.Popen(command, cwd=folder.path, stdout=log, stderr=log)
        try:
            wait_for_login(f"127.0.0.1:{plain}", kafka, folder.log)
            yield Guarded(f"127.0.0.1:{plain}", f"127.0.0.1:{tls}", certificate)
        finally:
            kafka.terminate()
            kafka.wait(30)


def make_certificate(folder: Path) -> Path:
    """A key store for the broker and, in PEM, the certificate in it: of another host than the one it runs on."""
    keytool = Path(kraft.java()).resolve().with_name("keytool")
    store = ["-keystore", "broker.p12", "-storepass", "changeit", "-alias", "broker"]
    who = ["-keyalg", "EC", "-dname", "CN=elsewhere.test", "-ext", "san=dns:elsewhere.test", "-validity", "30"]
    subprocess.run([keytool, "-genkeypair", *store, *who], cwd=folder, check=True, capture_output=True)
    subprocess.run(
        [keytool, "-exportcert", "-rfc", *store, "-file", "broker.pem"], cwd=folder, check=True, capture_output=True
    )
    return folder / "broker.pem"


def guarded_properties(plain: int, tls: int, controller: int, folder: Path) -> str:
    """What is said after an embedded broker's properties, where the last word counts."""
    in_quotes = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    escaped = in_quotes.replace("\\", "\\\\")
    in_properties = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in escaped)
    listener = "listener.name.sasl_plaintext"
    return f"""
listeners=SASL_PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{tls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{tls}
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_PLAINTEXT
sasl.mechanism.inter.broker.protocol=PLAIN
{listener}.sasl.enabled.mechanisms=PLAIN
{listener}.plain.sasl.jaas.config={PLAIN} required username="me" password="{in_properties}" user_me="{in_properties}";
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={SCRAM} required;
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password=changeit
"""


def login(password: str = PASSWORD) -> dict[str, str]:
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "me",
        "sasl.password": password,
    }


def tls_login(guarded: Guarded) -> dict[str, str]:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": SCRAM_PASSWORD,
        "ssl.ca.location": str(guarded.certificate),
        "ssl.endpoint.identification.algorithm": "none",
    }


def wait_for_login(servers: str, kafka: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert kafka.poll() is None, log.read_text()[-2000:]
        try:
            ensure_topic(of(login(), timeout_seconds=5), servers)
        except BrokerError:
            assert time.monotonic() < deadline, log.read_text()[-2000:]
        else:
            return


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


def test_a_password_from_the_settings_opens_a_guarded_broker(guarded: Guarded) -> None:
    settings = of(login())
    send(settings, guarded.plain)
    assert first_word(settings, guarded.plain) == b"hello"


def test_tls_scram_and_no_endpoint_check_open_a_guarded_broker(guarded: Guarded) -> None:
    settings = of(tls_login(guarded))
    send(settings, guarded.tls)
    assert first_word(settings, guarded.tls) == b"hello"


def test_a_wrong_password_is_one_clear_line_without_the_password(guarded: Guarded) -> None:
    with pytest.raises(BrokerError) as caught:
        ensure_topic(of(login("wr0ng-s3cret"), timeout_seconds=3), guarded.plain)
    message = str(caught.value)
    assert "Authentication failed" in message
    assert message.startswith(f"no Kafka broker answers at {guarded.plain} within 3 s (")
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_certificate_of_another_host_is_refused_unless_that_check_is_off(guarded: Guarded) -> None:
    options = {**tls_login(guarded), "ssl.endpoint.identification.algorithm": "https"}
    with pytest.raises(BrokerError, match="certificate verify failed") as caught:
        ensure_topic(of(options, timeout_seconds=3), guarded.tls)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_spark_gets_into_a_guarded_broker_with_the_same_options(spark: SparkSession, guarded: Guarded) -> None:
    over_tcp, over_tls = of(login()), of(tls_login(guarded))
    for settings, servers in ((over_tcp, guarded.plain), (over_tls, guarded.tls)):
        send(settings, servers)
        records = spark.read.format("kafka").options(**spark_options(settings, servers)).load()
        assert [bytes(row.value) for row in records.collect()] == [b"hello"]
