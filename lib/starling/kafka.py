"""How Starling speaks to Kafka: the options of its two clients, and the topic.

Security options are written once, in librdkafka's words (`starling.kafka_options`), and said again here in
the words of the Java client that Spark uses.
"""

import logging
import time
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from starling.errors import BrokerError, ConfigError
from starling.settings import Settings

# Post ids are unique for ever and posts are deduplicated by them, so time by the broker's own clock is what is wanted
# of Kafka: a producer cannot claim that a record came in 2099.
TOPIC_CONFIG = {"message.timestamp.type": "LogAppendTime"}

_JAVA = "org.apache.kafka.common.security"
_LOGIN_MODULES = {
    "PLAIN": f"{_JAVA}.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{_JAVA}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{_JAVA}.scram.ScramLoginModule",
    "OAUTHBEARER": f"{_JAVA}.oauthbearer.OAuthBearerLoginModule",
    "GSSAPI": "com.sun.security.auth.module.Krb5LoginModule",
}
_NAME_AND_PASSWORD = ("sasl.username", "sasl.password")
# Without these there is no login.
_NEEDS = {
    "PLAIN": _NAME_AND_PASSWORD,
    "SCRAM-SHA-256": _NAME_AND_PASSWORD,
    "SCRAM-SHA-512": _NAME_AND_PASSWORD,
    "OAUTHBEARER": (
        "sasl.oauthbearer.token.endpoint.url",
        "sasl.oauthbearer.client.id",
        "sasl.oauthbearer.client.secret",
    ),
    "GSSAPI": ("sasl.kerberos.service.name", "sasl.kerberos.principal", "sasl.kerberos.keytab"),
}
# What Java has in the line that says how to log in, and its words for it.
_IN_LOGIN = {
    "sasl.username": "username",
    "sasl.password": "password",
    "sasl.oauthbearer.client.id": "clientId",
    "sasl.oauthbearer.client.secret": "clientSecret",
    "sasl.oauthbearer.scope": "scope",
    "sasl.kerberos.principal": "principal",
    "sasl.kerberos.keytab": "keyTab",
    "https.ca.location": "ssl.truststore.location",  # the token endpoint's; the broker's stands outside
}

_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
_POLL_SECONDS = 0.1
_NO_KERBEROS = "No provider for SASL mechanism GSSAPI"


def librdkafka_options(settings: Settings, servers: str) -> dict[str, str]:
    """Options common to the producer and the admin client of confluent-kafka."""
    options = {"bootstrap.servers": servers, **settings.kafka.options}
    if _mechanism(options) == "OAUTHBEARER":
        options["sasl.oauthbearer.method"] = "oidc"
    keystore = options.pop("ssl.keystore.location", None)
    if keystore:  # one PEM file holds both the key and the certificate chain
        options |= {"ssl.key.location": keystore, "ssl.certificate.location": keystore}
    return options


def _mechanism(options: Mapping[str, str]) -> str | None:
    """How to log in; raises ConfigError for an unknown way, and where something that it needs is missing."""
    mechanism = options.get("sasl.mechanism")
    if mechanism is None:
        if options.get("security.protocol", "").lower().startswith("sasl_") or any(
            name.startswith("sasl.") for name in options
        ):
            raise ConfigError(f"kafka.options: sasl.mechanism is missing; one of {', '.join(_NEEDS)}")
        return None
    if mechanism not in _NEEDS:
        raise ConfigError(f"kafka.options: sasl.mechanism {mechanism!r} is not one of {', '.join(_NEEDS)}")
    missing = [name for name in _NEEDS[mechanism] if name not in options]
    if missing:
        raise ConfigError(f"kafka.options: sasl.mechanism {mechanism} needs {' and '.join(missing)} too")
    return mechanism


def producer_options(settings: Settings, servers: str) -> dict[str, str | int | bool]:
    """Options of a producer that neither loses, doubles nor reorders what it has accepted."""
    return {
        **librdkafka_options(settings, servers),
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 20,
        "compression.type": "lz4",
        "message.max.bytes": 8_000_000,
        "delivery.timeout.ms": settings.kafka.timeout_seconds * 1000,
    }


def spark_options(settings: Settings, servers: str) -> dict[str, str]:
    """Options of Spark's Kafka source: committed records only, and the same security.

    It stops when records are gone, unless `stream.on_data_loss` says otherwise.
    """
    return {
        "kafka.bootstrap.servers": servers,
        "subscribe": settings.kafka.topic,
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": str(settings.stream.max_offsets_per_trigger),
        "failOnDataLoss": str(settings.stream.on_data_loss == "stop").lower(),
        "includeHeaders": "true",
        "kafka.isolation.level": "read_committed",
        "kafka.default.api.timeout.ms": str(settings.kafka.timeout_seconds * 1000),
        "kafka.request.timeout.ms": str(settings.kafka.timeout_seconds * 1000),
        "kafkaConsumer.pollTimeoutMs": str(settings.kafka.timeout_seconds * 1000),
        **{f"kafka.{name}": value for name, value in java_security(settings.kafka.options).items()},
    }


def java_security(options: Mapping[str, str]) -> dict[str, str]:
    """librdkafka's security options in the Java client's words.

    >>> java_security({"sasl.mechanism": "PLAIN", "sasl.username": "me", "sasl.password": 'a"b'})["sasl.jaas.config"]
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="me" password="a\\\\"b";'
    """
    said = dict(options)
    mechanism = _mechanism(options)
    if mechanism:
        said["sasl.jaas.config"] = _jaas(mechanism, said)
    if mechanism == "OAUTHBEARER":
        said["sasl.login.callback.handler.class"] = f"{_JAVA}.oauthbearer.OAuthBearerLoginCallbackHandler"
    ca = said.pop("ssl.ca.location", None)
    if ca is not None:
        said |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": ca}
    if "ssl.keystore.location" in said:
        said["ssl.keystore.type"] = "PEM"
    if said.get("ssl.endpoint.identification.algorithm") == "none":
        said["ssl.endpoint.identification.algorithm"] = ""  # Java says "no check" with an empty word
    return said


def _jaas(mechanism: str, said: dict[str, str]) -> str:
    """The line that says how to log in; what it says is taken out of `said`."""
    login = {java: said.pop(name) for name, java in _IN_LOGIN.items() if name in said}
    for extension in filter(None, said.pop("sasl.oauthbearer.extensions", "").split(",")):
        name, _, value = extension.partition("=")
        login[f"extension_{name}"] = value
    if "ssl.truststore.location" in login:
        login["ssl.truststore.type"] = "PEM"
    if mechanism == "GSSAPI":
        login |= {"useKeyTab": "true", "storeKey": "true"}
    # Quoted, because Kafka's own redaction covers only passwords in double quotes.
    words = " ".join(f"{name}={_quoted(value)}" for name, value in login.items())
    return f"{_LOGIN_MODULES[mechanism]} required {words};"


def _quoted(text: str) -> str:
    r"""One word of the line, whatever is in it. To Java a line break ends a word, and what follows would be more words.

    >>> print(_quoted('a"b\nc'))
    "a\"b\nc"
    """
    return '"' + "".join(_ESCAPED.get(character, character) for character in text) + '"'


def ensure_topic(settings: Settings, servers: str) -> None:
    """Makes `kafka.topic` where it is missing, within `kafka.timeout_seconds`.

    Raises BrokerError when no broker answers or the topic may not be made, ConfigError for options that cannot be.
    """
    reasons: list[KafkaError] = []
    admin = admin_client(settings, servers, reasons.append)
    deadline = time.monotonic() + settings.kafka.timeout_seconds
    while True:
        try:
            known = admin.list_topics(timeout=min(5.0, settings.kafka.timeout_seconds)).topics
            break
        except KafkaException as error:
            if time.monotonic() > deadline:
                admin.poll(0)  # hands the reasons over
                raise BrokerError(
                    f"no Kafka broker answers at {servers} within {settings.kafka.timeout_seconds} s "
                    f"({_reason(reasons, error)}); check kafka.bootstrap_servers and kafka.options"
                ) from None
    if settings.kafka.topic not in known:
        _create_topic(admin, settings)


def admin_client(settings: Settings, servers: str, on_error: Callable[[KafkaError], None]) -> AdminClient:
    """A client that asks about topics, and tells `on_error` why no connection comes about.

    Raises ConfigError for options that cannot be.
    """
    options: dict[str, str | int | float | bool] = {**librdkafka_options(settings, servers), "socket.timeout.ms": 5_000}
    try:
        return AdminClient(options, logger=silent_logger(), error_cb=on_error)
    except KafkaException as error:  # a word that librdkafka does not know, a file that is not there
        if _NO_KERBEROS in error.args[0].str():
            raise ConfigError(
                "kafka.options: sasl.mechanism GSSAPI: this confluent-kafka was built without Kerberos, as PyPI's are; "
                "build one against a librdkafka that has it (pip install --no-binary confluent-kafka confluent-kafka)"
            ) from None
        raise ConfigError(f"kafka.options: {error.args[0].str()}") from None


def _reason(reasons: list[KafkaError], error: KafkaException) -> str:
    """Why no connection came about: the refused login, the unknown host. What was asked for just took too long."""
    told = [reason.str() for reason in reasons if reason.code() != KafkaError._ALL_BROKERS_DOWN]
    return told[-1] if told else error.args[0].str()


def _create_topic(admin: AdminClient, settings: Settings) -> None:
    """Makes the topic, and waits until whoever asks the broker hears of it."""
    name, seconds = settings.kafka.topic, settings.kafka.timeout_seconds
    # -1 leaves the replication to the broker's own default.
    topic = NewTopic(name, settings.kafka.partitions, replication_factor=-1, config=TOPIC_CONFIG)
    try:
        admin.create_topics([topic], operation_timeout=seconds)[name].result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody was quicker, which is as good
            raise BrokerError(f"topic {name!r} cannot be made: {error.args[0].str()}") from None
    deadline = time.monotonic() + seconds
    while not admin.list_topics(name, timeout=seconds).topics[name].partitions:
        if time.monotonic() > deadline:
            raise BrokerError(f"topic {name!r} was made, and the broker does not know of it after {seconds} s")
        time.sleep(_POLL_SECONDS)


def silent_logger() -> logging.Logger:
    """librdkafka writes its connection errors to stderr; the one that matters is raised, the others are noise."""
    logger = logging.getLogger("starling.librdkafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
