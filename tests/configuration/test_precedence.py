"""Of all places that set a key the first one wins, and what is set stays."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from starling import settings as module
from starling.configuration import load
from starling.settings import Kafka, Paths, Settings


def test_of_command_line_environment_profile_and_file_the_first_that_sets_a_key_wins(
    conf: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    conf(
        "[kafka]\ntopic = 'file'\npartitions = 11\ntimeout_seconds = 11\nbootstrap_servers = 'file:1'\n"
        "[broker]\nport = 11"
    )
    conf("[kafka]\ntopic = 'profile'\npartitions = 22\ntimeout_seconds = 22", "mine")
    monkeypatch.setenv("STARLING_KAFKA_TOPIC", "environment")
    monkeypatch.setenv("STARLING_KAFKA_PARTITIONS", "33")
    settings = load("mine", {"kafka": {"topic": "command-line"}})
    assert settings.kafka == Kafka(topic="command-line", partitions=33, timeout_seconds=22, bootstrap_servers="file:1")
    assert settings.broker.port == 11
    assert settings.broker.heap_mb == 512


def test_the_profile_is_the_environments_where_the_command_line_names_none(
    conf: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    conf("[paths]\nwork = 'of one'", "one")
    conf("[paths]\nwork = 'of two'", "two")
    monkeypatch.setenv("STARLING_PROFILE", "two")
    assert load().paths.work == "of two"
    assert load("one").paths.work == "of one"


def test_starling_config_stands_for_the_shipped_file(
    conf: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf("[paths]\nwork = 'shipped'\nlake = 'shipped'")
    conf("[broker]\nport = 7", "mine")
    (tmp_path / "other.toml").write_text("[paths]\nwork = 'other'")
    monkeypatch.setenv("STARLING_CONFIG", str(tmp_path / "other.toml"))
    assert load("mine") == Settings(paths=Paths(work="other"), broker=module.Broker(port=7))


def test_the_environment_sets_every_key(conf: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "paths": {"work": "w ü", "lake": "s3a://b/l", "checkpoints": "/c"},
        "kafka": {
            "bootstrap_servers": "a:1,b:2",
            "topic": "t.1",
            "partitions": 3,
            "timeout_seconds": 4,
            "outage_seconds": 0,
            "options": {"sasl.username": "me", "client.id": "a"},
        },
        "broker": {"port": 1, "heap_mb": 128, "start_timeout_seconds": 5},
        "stream": {
            "trigger_seconds": 0.25,
            "max_offsets_per_trigger": 1,
            "gold_seconds": 0.5,
            "compact_batches": 0,
            "stop_timeout_seconds": 1,
            "on_data_loss": "continue",
        },
        "limits": {"max_payload_bytes": 1000, "max_future_minutes": 0, "max_entities": 1},
        "language": {"min_confidence": 1.0},
        "sentiment": {"max_characters": 100},
        "trends": {"baseline_hours": 672},
        "models": {"tracking_uri": "http://127.0.0.1:5000", "seed": 0, "refresh_seconds": 0.5},
        "topics": {
            "min_posts": 1,
            "vocabulary": 10,
            "min_clusters": 2,
            "max_clusters": 1_000,
            "held_out_share": 0.5,
        },
        "engagement": {
            "held_out_authors": 0.5,
            "held_out_time": 0.5,
            "settle_hours": 0,
            "vocabulary": 10,
            "selected_words": 1,
        },
        "privacy": {"pseudonym_key": "{key}"},
        "retention": {"erase_minutes": 0.5, "grace_minutes": 5.0, "payload_days": 30},
        "metrics": {"host": "::1", "port": 0},
        "serve": {
            "host": "::1",
            "port": 0,
            "allowed_hosts": "posts.example",
            "refresh_seconds": 0.5,
            "stale_minutes": 1,
            "memory_mb": 100,
            "analyses_a_minute": 1,
        },
    }
    for section, keys in said.items():
        for key, value in keys.items():
            text = json.dumps(value) if isinstance(value, dict) else str(value)
            monkeypatch.setenv(f"STARLING_{section}_{key}".upper(), text)
    settings = load()
    found = settings.model_dump(mode="json")
    assert settings.privacy.pseudonym_key.get_secret_value() == "{key}"
    assert {**found, "privacy": {"pseudonym_key": "{key}"}} == said


def test_settings_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.kafka = Kafka()
    with pytest.raises(ValidationError, match="frozen"):
        settings.kafka.topic = "other"
    monkeypatch.setenv("STARLING_KAFKA_TOPIC", "other")
    assert Settings().kafka.topic == "starling.posts", "a value that is made by hand heeds no environment"
