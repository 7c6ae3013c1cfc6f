"""What is printed of the settings loads again, and holds no secret."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from configuration.expected import DEFAULTS, SECRET, complaint
from starling import kafka_options
from starling import settings as module
from starling.configuration import load
from starling.settings import Kafka, Metrics, Paths, Privacy, Settings

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib


def test_the_printed_settings_look_like_the_file() -> None:
    settings = Settings(
        kafka=Kafka(options={"client.id": 'a"\\b'}), metrics=Metrics(port=1), paths=Paths(work="C:\\ü\n")
    )
    printed = settings.as_toml().splitlines()
    assert printed[:9] == [
        "[paths]",
        'work = "C:\\\\ü\\n"',
        'lake = ""',
        'checkpoints = ""',
        "",
        "[kafka]",
        'bootstrap_servers = ""',
        'topic = "starling.posts"',
        "partitions = 2",
    ]
    assert printed[11] == 'options = {"client.id" = "a\\"\\\\b"}'
    metrics = printed.index("[metrics]")
    assert printed[metrics : metrics + 3] == ["[metrics]", 'host = "127.0.0.1"', "port = 1"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    work=TEXT.filter(bool),
    lake=TEXT,
    options=st.dictionaries(st.sampled_from(sorted(kafka_options.ALLOWED - kafka_options.SECRET)), TEXT),
    seconds=st.floats(0, 3600),
    port=st.integers(0, 65535),
)
def test_the_printed_settings_are_toml_that_says_the_same(
    work: str, lake: str, options: dict[str, str], seconds: float, port: int
) -> None:
    settings = Settings(
        paths=Paths(work=work, lake=lake),
        kafka=Kafka(options=options),
        stream=module.Stream(trigger_seconds=seconds),
        metrics=Metrics(port=port),
    )
    assert Settings.model_validate(tomllib.loads(settings.as_toml())) == settings


def test_the_printed_settings_are_a_file_that_loads(conf: Callable[..., Path]) -> None:
    settings = Settings(paths=Paths(work="w🐦\x7f"), kafka=Kafka(options={"client.id": "\x00\u2028"}))
    conf(settings.as_toml())
    assert load() == settings


@pytest.mark.parametrize(
    "file",
    [
        f'[privacy]\npseudonym_key = ["{SECRET}"]',
        f'[privacy]\npseudonym_key = {{a = "{SECRET}"}}',
        f'[privacy]\nkey = "{SECRET}"',
        f"[privacy]\npseudonym_key = {SECRET}",
        f'privacy = "{SECRET}"',
        f'[kafka]\noptions = "{SECRET}"',
        f'[kafka]\noptions = ["{SECRET}"]',
        f'[kafka]\noptions = {{"sasl.password" = ["{SECRET}"]}}',
        f'[kafka]\noptions = {{"sasl.passwort" = "{SECRET}"}}',
        f'[kafka]\n"sasl.password" = "{SECRET}"',
        f'[kafka]\nsasl.password = "{SECRET}"',
        f'[kafka]\noption = {{"sasl.password" = "{SECRET}"}}',
        f'[kafak]\noptions = {{"sasl.password" = "{SECRET}"}}',
        f'kafka = [{{options = {{"sasl.password" = "{SECRET}"}}}}]',
    ],
)
def test_a_secret_in_a_wrong_place_or_shape_is_not_repeated(conf: Callable[..., Path], file: str) -> None:
    conf(file)
    assert SECRET not in complaint()


@pytest.mark.parametrize("value", [f'"{SECRET}"', f'["{SECRET}"]', f'{{"sasl.password": ["{SECRET}"]}}', SECRET])
def test_a_secret_of_a_wrong_shape_in_the_environment_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("STARLING_KAFKA_OPTIONS", value)
    assert SECRET not in complaint()


def test_pydantics_own_errors_do_not_repeat_a_secret_either() -> None:
    with pytest.raises(ValidationError) as of_a_section:
        Kafka(options={"sasl.passwort": SECRET})
    with pytest.raises(ValidationError) as of_all:
        Settings(kafka={"options": {"sasl.passwort": SECRET}})  # type: ignore[arg-type]
    assert SECRET not in str(of_a_section.value) + str(of_all.value)


def test_secrets_are_covered_wherever_settings_are_shown() -> None:
    settings = Settings(
        privacy=Privacy(pseudonym_key=SECRET),  # type: ignore[arg-type]
        models=module.Models(tracking_uri=f"postgresql://me:{SECRET}@host/db"),
        kafka=Kafka(
            options={
                "sasl.username": "me",
                "sasl.password": SECRET,
                "sasl.oauthbearer.client.secret": SECRET,
                "ssl.key.password": SECRET,
                "client.id": "a",
            }
        ),
    )
    masked = settings.masked()
    assert masked["privacy"] == {"pseudonym_key": "********"}
    assert masked["kafka"]["options"] == {
        "sasl.username": "me",
        "sasl.password": "********",
        "sasl.oauthbearer.client.secret": "********",
        "ssl.key.password": "********",
        "client.id": "a",
    }
    assert masked["models"]["tracking_uri"] == "postgresql://********@host/db"
    shown = [str(masked), settings.as_toml(), repr(settings), str(settings), f"{settings.kafka} {settings.privacy}"]
    assert not [text for text in shown if SECRET in text]
    assert settings.kafka.options["sasl.password"] == SECRET, "covering changed the settings themselves"


def test_an_empty_key_is_shown_as_empty() -> None:
    assert Settings().masked() == DEFAULTS
