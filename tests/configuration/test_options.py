"""Kafka's options."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from configuration.expected import DEFAULTS, SECRET, SHIPPED, complaint
from starling import kafka_options
from starling.configuration import load


def test_the_options_are_a_table_in_the_file_and_json_in_the_environment(
    conf: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    conf('[kafka]\noptions = {"client.id" = "a", "sasl.username" = "b"}')
    assert load().kafka.options == {"client.id": "a", "sasl.username": "b"}
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", '{"client.id": "c"}')
    assert load().kafka.options == {"client.id": "c"}


def test_broken_json_in_the_environment_is_said_with_its_place_and_without_its_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", f'{{"sasl.password": "{SECRET}"')
    message = complaint()
    assert message.startswith("STARLING_KAFKA_OPTIONS (from the environment): not valid JSON: ")
    assert "line 1 column 40" in message
    assert message.endswith('; wanted a table such as {"security.protocol": "SASL_SSL"}')
    assert SECRET not in message


def test_an_option_that_may_not_be_passed_on_is_named_with_those_that_may(conf: Callable[..., Path]) -> None:
    path = conf('[kafka]\noptions = {"ssl.ca.location" = "/ca.pem", "ssl.engine" = "x", "acks" = "0"}')
    assert complaint() == (
        f"kafka.options (from {path}): 'acks' is not an option that may be passed on; allowed: client.id, "
        "https.ca.location, sasl.kerberos.keytab, sasl.kerberos.principal, sasl.kerberos.service.name, "
        "sasl.mechanism, sasl.oauthbearer.client.id, sasl.oauthbearer.client.secret, sasl.oauthbearer.extensions, "
        "sasl.oauthbearer.scope, sasl.oauthbearer.token.endpoint.url, sasl.password, sasl.username, "
        "security.protocol, ssl.ca.location, "
        "ssl.endpoint.identification.algorithm, ssl.key.password, ssl.keystore.location"
    )


def test_the_file_names_the_allowed_options_as_the_code_does() -> None:
    _, _, allowed = SHIPPED.read_text(encoding="utf-8").partition("Allowed: ")
    allowed = allowed[: allowed.index("options = {}")].replace("\n# ", " ")
    named = set(re.findall(r"[a-z]+(?:\.[a-z]+)+", allowed))
    assert named == kafka_options.ALLOWED


def test_options_are_the_only_table_among_the_keys() -> None:
    """The message on broken JSON relies on it."""
    assert [(s, k) for s, keys in DEFAULTS.items() for k, v in keys.items() if isinstance(v, dict | list)] == [
        ("kafka", "options")
    ]
