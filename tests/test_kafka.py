"""kafka.options, in the words of both clients."""

import uuid

import pytest

from starling.errors import ConfigError
from starling.kafka import java_security, librdkafka_options, producer_options, spark_options
from starling.settings import Kafka, Settings, Stream

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
OAUTH_HANDLER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
KERBEROS = "com.sun.security.auth.module.Krb5LoginModule"


def of(options: dict[str, str], **kafka: object) -> Settings:
    return Settings(kafka=Kafka(topic=f"test-{uuid.uuid4().hex}", options=options, **kafka))  # type: ignore[arg-type]


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


def test_librdkafka_is_told_that_a_token_comes_from_an_endpoint() -> None:
    options = {
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.token.endpoint.url": "https://id.example/token",
        "sasl.oauthbearer.client.id": "me",
        "sasl.oauthbearer.client.secret": "s3cret",
        "https.ca.location": "/ca.pem",
    }
    wanted = {"bootstrap.servers": "a:1", "sasl.oauthbearer.method": "oidc", **options}
    assert librdkafka_options(of(options), "a:1") == wanted


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
        "kafkaConsumer.pollTimeoutMs": "7000",
        "kafka.security.protocol": "SSL",
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.location": "/ca.pem",
    }
    goes_on = settings.model_copy(update={"stream": Stream(on_data_loss="continue")})
    assert spark_options(goes_on, "a:1")["failOnDataLoss"] == "false"


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
        (
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url": "https://id.example/token",
                "sasl.oauthbearer.client.id": "me",
                "sasl.oauthbearer.client.secret": 's"3',
                "sasl.oauthbearer.scope": "read write",
                "sasl.oauthbearer.extensions": "logicalCluster=lkc-1,identityPoolId=a=b",
                "https.ca.location": "/id.pem",
            },
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url": "https://id.example/token",
                "sasl.login.callback.handler.class": OAUTH_HANDLER,
                "sasl.jaas.config": (
                    f'{OAUTH} required clientId="me" clientSecret="s\\"3" scope="read write" '
                    'ssl.truststore.location="/id.pem" extension_logicalCluster="lkc-1" '
                    'extension_identityPoolId="a=b" ssl.truststore.type="PEM";'
                ),
            },
        ),
        (
            {
                "sasl.mechanism": "GSSAPI",
                "sasl.kerberos.service.name": "kafka",
                "sasl.kerberos.principal": "me@EXAMPLE",
                "sasl.kerberos.keytab": "/me.keytab",
            },
            {
                "sasl.mechanism": "GSSAPI",
                "sasl.kerberos.service.name": "kafka",
                "sasl.jaas.config": (
                    f'{KERBEROS} required principal="me@EXAMPLE" keyTab="/me.keytab" useKeyTab="true" storeKey="true";'
                ),
            },
        ),
    ],
    ids=[
        "nothing",
        "no security",
        "SASL_SSL and SCRAM",
        "an empty password",
        "quoting",
        "mTLS",
        "no endpoint check",
        "OAUTHBEARER",
        "GSSAPI",
    ],
)
def test_java_is_told_the_same_in_its_own_words(librdkafka: dict[str, str], java: dict[str, str]) -> None:
    assert java_security(librdkafka) == java


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"sasl.mechanism": "SCRAM-SHA-1", "sasl.username": "me", "sasl.password": "s3cret"},
            "sasl.mechanism 'SCRAM-SHA-1' is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI",
        ),
        (
            {"security.protocol": "sasl_ssl"},
            "sasl.mechanism is missing; one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI",
        ),
        (
            {"sasl.username": "me", "sasl.password": "s3cret"},
            "sasl.mechanism is missing; one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI",
        ),
        ({"sasl.mechanism": "PLAIN", "sasl.password": "s3cret"}, "sasl.mechanism PLAIN needs sasl.username too"),
        (
            {"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.client.secret": "s3cret"},
            "sasl.mechanism OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url and sasl.oauthbearer.client.id too",
        ),
        (
            {"sasl.mechanism": "GSSAPI", "sasl.kerberos.service.name": "kafka", "sasl.kerberos.principal": "me"},
            "sasl.mechanism GSSAPI needs sasl.kerberos.keytab too",
        ),
    ],
)
def test_a_login_that_cannot_be_is_one_line_without_the_password(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as of_java:
        java_security(options)
    with pytest.raises(ConfigError) as of_librdkafka:
        librdkafka_options(of(options), "a:1")
    assert str(of_java.value) == str(of_librdkafka.value) == f"kafka.options: {said}"
