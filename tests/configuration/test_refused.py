"""What is refused is named, with where it stands and what is allowed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from configuration.expected import SECRET, complaint
from starling.configuration import load
from starling.settings import Settings


def test_an_unknown_key_is_named_with_its_file_and_the_key_that_was_meant(conf: Callable[..., Path]) -> None:
    path = conf("[kafka]\npartition = 3")
    assert complaint() == f"kafka.partition (from {path}): unknown key; did you mean partitions?"


def test_an_unknown_key_that_is_like_none_is_answered_with_all_of_its_section(conf: Callable[..., Path]) -> None:
    path = conf("[broker]\nx = 3", "mine")
    assert complaint("mine") == (f"broker.x (from {path}): unknown key; known: port, heap_mb, start_timeout_seconds")


def test_an_unknown_section_is_named_with_its_file(conf: Callable[..., Path]) -> None:
    path = conf("[kafak]\ntopic = 'a'")
    assert complaint() == f"[kafak] (from {path}): unknown section; did you mean kafka?"
    conf("[zzz]")
    assert complaint() == (
        f"[zzz] (from {path}): unknown section; known: paths, kafka, broker, stream, limits, language, sentiment, "
        "trends, models, topics, engagement, privacy, retention, metrics, serve"
    )


def test_an_unknown_environment_variable_is_no_silent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_KAFKA_TOPIK", SECRET)
    assert complaint() == (
        "environment variable STARLING_KAFKA_TOPIK: unknown setting; did you mean STARLING_KAFKA_TOPIC?"
    )
    monkeypatch.delenv("STARLING_KAFKA_TOPIK")
    monkeypatch.setenv("STARLING_KAFKA", json.dumps({"topic": "a"}))
    assert complaint().startswith("environment variable STARLING_KAFKA: unknown setting; did you mean STARLING_KAFKA_")


def test_the_set_up_scripts_variables_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STARLING_VENV", "STARLING_PYTHON", "STARLING_JARS"):
        monkeypatch.setenv(name, "/nowhere")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("paths", "work", '""', "paths.work = '' (from {file}): string should have at least 1 character"),
        ("paths", "lake", '["a"]', "paths.lake = ['a'] (from {file}): input should be a valid string"),
        ("kafka", "topic", '"a b"', "kafka.topic = 'a b' (from {file}): string should match pattern "),
        ("kafka", "topic", f'"{"t" * 250}"', "should match pattern"),
        ("kafka", "topic", '["a"]', "kafka.topic = ['a'] (from {file}): input should be a valid string"),
        ("kafka", "partitions", "0", "kafka.partitions = 0 (from {file}): input should be greater than or equal to 1"),
        ("kafka", "partitions", "10001", "less than or equal to 10000"),
        ("kafka", "partitions", '"many"', "kafka.partitions = 'many' (from {file}): input should be a valid integer"),
        ("kafka", "partitions", "1.5", "kafka.partitions = 1.5 (from {file}): input should be a valid integer"),
        ("kafka", "timeout_seconds", "0", "greater than or equal to 1"),
        ("kafka", "timeout_seconds", "601", "less than or equal to 600"),
        ("broker", "port", "-1", "broker.port = -1 (from {file}): input should be greater than or equal to 0"),
        ("broker", "port", "65536", "less than or equal to 65535"),
        ("broker", "heap_mb", "127", "greater than or equal to 128"),
        ("broker", "heap_mb", "65537", "less than or equal to 65536"),
        ("broker", "start_timeout_seconds", "4", "greater than or equal to 5"),
        ("broker", "start_timeout_seconds", "601", "less than or equal to 600"),
        ("stream", "trigger_seconds", "-0.1", "greater than or equal to 0"),
        ("stream", "trigger_seconds", "3600.5", "less than or equal to 3600"),
        ("stream", "trigger_seconds", "nan", "stream.trigger_seconds = nan (from {file}): input should be"),
        ("stream", "trigger_seconds", "inf", "stream.trigger_seconds = inf (from {file}): input should be"),
        ("stream", "max_offsets_per_trigger", "0", "greater than or equal to 1"),
        ("stream", "compact_batches", "-1", "greater than or equal to 0"),
        ("stream", "gold_seconds", "-1", "greater than or equal to 0"),
        ("stream", "gold_seconds", "3601", "less than or equal to 3600"),
        ("stream", "stop_timeout_seconds", "0", "greater than or equal to 1"),
        ("stream", "stop_timeout_seconds", "3601", "less than or equal to 3600"),
        ("limits", "max_payload_bytes", "999", "greater than or equal to 1000"),
        ("limits", "max_future_minutes", "-1", "greater than or equal to 0"),
        ("limits", "max_entities", "0", "greater than or equal to 1"),
        ("retention", "erase_minutes", "-0.1", "greater than or equal to 0"),
        ("retention", "erase_minutes", "1441", "less than or equal to 1440"),
        ("retention", "grace_minutes", "4.9", "greater than or equal to 5"),
        ("retention", "grace_minutes", "10081", "less than or equal to 10080"),
        ("retention", "payload_days", "-1", "greater than or equal to 0"),
        ("retention", "payload_days", "36501", "less than or equal to 36500"),
        ("language", "min_confidence", "-0.01", "greater than or equal to 0"),
        ("language", "min_confidence", "1.01", "less than or equal to 1"),
        ("sentiment", "max_characters", "99", "greater than or equal to 100"),
        ("sentiment", "max_characters", "100001", "less than or equal to 100000"),
        ("trends", "baseline_hours", "0", "greater than or equal to 1"),
        ("trends", "baseline_hours", "673", "less than or equal to 672"),
        ("models", "seed", "-1", "greater than or equal to 0"),
        ("models", "refresh_seconds", "3601", "less than or equal to 3600"),
        ("topics", "min_posts", "0", "greater than or equal to 1"),
        ("topics", "vocabulary", "9", "greater than or equal to 10"),
        ("topics", "min_clusters", "1", "greater than or equal to 2"),
        ("topics", "max_clusters", "1001", "less than or equal to 1000"),
        ("topics", "held_out_share", "1", "less than 1"),
        ("engagement", "held_out_authors", "0", "greater than 0"),
        ("engagement", "held_out_time", "1", "less than 1"),
        ("engagement", "settle_hours", "-1", "greater than or equal to 0"),
        ("engagement", "vocabulary", "10001", "less than or equal to 10000"),
        ("engagement", "selected_words", "0", "greater than or equal to 1"),
        ("serve", "port", "-1", "greater than or equal to 0"),
        ("serve", "refresh_seconds", "0", "greater than 0"),
        ("serve", "stale_minutes", "0", "greater than or equal to 1"),
        ("serve", "memory_mb", "99", "greater than or equal to 100"),
        ("serve", "analyses_a_minute", "0", "greater than or equal to 1"),
        ("metrics", "port", "65536", "metrics.port = 65536 (from {file}): input should be less than or equal to 65535"),
    ],
)
def test_a_bad_value_is_named_with_its_key_its_file_and_what_is_allowed(
    conf: Callable[..., Path], section: str, key: str, value: str, said: str
) -> None:
    path = conf(f"[{section}]\n{key} = {value}")
    assert said.format(file=path) in complaint()


def test_a_bad_value_is_said_to_come_from_where_it_does(
    conf: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    conf("[metrics]\nport = 1\n[broker]\nport = 1")
    assert complaint(None, {"metrics": {"port": -7}}).startswith("metrics.port = -7 (from the command line): input")
    monkeypatch.setenv("STARLING_METRICS_PORT", "99999")
    assert complaint().startswith("metrics.port = '99999' (from the environment): input should be less than")


def test_a_missing_profile_is_answered_with_those_that_there_are(conf: Callable[..., Path], tmp_path: Path) -> None:
    wanted = tmp_path / "conf" / "profiles" / "clustr.toml"
    assert complaint("clustr") == f"profile 'clustr': no file {wanted}; there is: nothing in that folder"
    conf("", "laptop")
    conf("", "cluster")
    assert complaint("clustr") == f"profile 'clustr': no file {wanted}; there is: cluster, laptop"


def test_starling_config_that_points_nowhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_CONFIG", str(tmp_path / "starling.toml"))
    assert complaint() == f"STARLING_CONFIG: no file {tmp_path}/starling.toml; there is: nothing in that folder"


def test_a_file_that_is_no_toml_is_named_with_line_and_column(conf: Callable[..., Path]) -> None:
    path = conf("[kafka]\ntopic = \n")
    assert complaint() == f"{path}: not valid TOML: Invalid value (at line 2, column 9)"
    path.write_bytes(b"[paths]\nwork = '\xff'\n")
    assert complaint().startswith(f"{path}: not valid TOML: 'utf-8' codec can't decode byte 0xff")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that even root cannot read")
def test_a_file_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_CONFIG", "/proc/self/mem")
    assert complaint() == "/proc/self/mem: cannot be read: Input/output error"


@pytest.mark.parametrize("wrong", [f'kafka = "{SECRET}"', f'kafka = ["{SECRET}"]', f'[[kafka]]\ntopic = "{SECRET}"'])
def test_a_section_that_is_no_section_is_said_without_its_value(conf: Callable[..., Path], wrong: str) -> None:
    path = conf(wrong)
    assert complaint() == f"{path}: kafka is a section: wanted a line [kafka], and its keys below"


@pytest.mark.parametrize("value", [f'"{SECRET}"', "3", "[]", "1979-05-27"])
def test_a_key_above_all_sections_is_said_without_its_value(conf: Callable[..., Path], value: str) -> None:
    path = conf(f"pseudonym_key = {value}\n[kafka]\n")
    assert complaint() == f"{path}: pseudonym_key is in no section: wanted a line such as [paths] above it"
