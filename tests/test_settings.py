import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from starling import configuration, kafka_options
from starling import settings as module
from starling.configuration import load
from starling.errors import ConfigError
from starling.settings import Kafka, Metrics, Paths, Privacy, Settings

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

CHECKOUT = Path(__file__).parents[1]
SHIPPED = CHECKOUT / "conf" / "starling.toml"
SECRET = "s3cret-do-not-print"

# Written down here a second time, on purpose: what a run gets that says nothing.
DEFAULTS = {
    "paths": {"work": "work", "lake": "", "checkpoints": ""},
    "kafka": {
        "bootstrap_servers": "",
        "topic": "starling.posts",
        "partitions": 2,
        "timeout_seconds": 30,
        "outage_seconds": 600,
        "options": {},
    },
    "broker": {"port": 0, "heap_mb": 512, "start_timeout_seconds": 90},
    "stream": {
        "trigger_seconds": 2.0,
        "max_offsets_per_trigger": 20_000,
        "gold_seconds": 4.0,
        "compact_batches": 100,
        "stop_timeout_seconds": 60,
        "on_data_loss": "stop",
    },
    "limits": {"max_payload_bytes": 1_000_000, "max_future_minutes": 60, "max_entities": 100},
    "language": {"min_confidence": 0.5},
    "sentiment": {"max_characters": 8_000},
    "trends": {"baseline_hours": 24},
    "models": {"tracking_uri": "", "seed": 7, "refresh_seconds": 10.0},
    "topics": {
        "min_posts": 5,
        "vocabulary": 2_000,
        "min_clusters": 4,
        "max_clusters": 24,
        "held_out_share": 0.2,
    },
    "engagement": {
        "held_out_authors": 0.3,
        "held_out_time": 0.3,
        "settle_hours": 24,
        "vocabulary": 1_000,
        "selected_words": 100,
    },
    "privacy": {"pseudonym_key": ""},
    "retention": {"erase_minutes": 10.0, "grace_minutes": 60.0, "payload_days": 0},
    "metrics": {"host": "127.0.0.1", "port": 9108},
    "serve": {
        "host": "127.0.0.1",
        "port": 8050,
        "allowed_hosts": "",
        "refresh_seconds": 1.0,
        "stale_minutes": 15,
        "memory_mb": 400,
        "analyses_a_minute": 60,
    },
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's own environment says is no part of these tests."""
    for name in [name for name in os.environ if name.startswith("STARLING_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes conf/starling.toml, or a profile, of a checkout of the test's own."""
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))

    def write(text: str, name: str = "starling") -> Path:
        path = tmp_path / "conf" / ("starling.toml" if name == "starling" else f"profiles/{name}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def complaint(*arguments: object) -> str:
    """The one line of the ConfigError with which `load` ends."""
    with pytest.raises(ConfigError) as caught:
        load(*arguments)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


def keys_of_file() -> Iterator[tuple[str, str, str]]:
    """Section, key and the line above the key, for each key of conf/starling.toml."""
    section, above = "", ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif re.match(r"\w+ = ", line):
            yield section, line.split(" = ")[0], above
        above = line


# --- the file and the code


def test_the_shipped_file_the_code_and_this_list_say_the_same_key_by_key() -> None:
    assert tomllib.loads(SHIPPED.read_text(encoding="utf-8")) == DEFAULTS
    assert Settings().model_dump(mode="json") == DEFAULTS


def test_every_key_of_the_file_has_a_comment_above_it() -> None:
    found = list(keys_of_file())
    assert [(section, key) for section, key, _ in found] == [(s, key) for s, keys in DEFAULTS.items() for key in keys]
    assert [(section, key) for section, key, above in found if not above.startswith("# ")] == []


def test_without_a_file_the_defaults_are_the_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARLING_HOME", str(tmp_path))
    assert load() == Settings()


def test_without_starling_home_the_files_are_the_checkouts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert configuration.home() == CHECKOUT


def test_in_a_shipped_zip_the_files_are_those_of_the_current_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "starling.zip", "w") as packed:
        for name in ("__init__", "configuration", "errors", "kafka_options", "settings"):
            packed.write(Path(configuration.__file__).with_name(f"{name}.py"), f"starling/{name}.py")
    said = subprocess.run(
        [sys.executable, "-c", "from starling.configuration import home, load; print(home(), load().paths.work)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "starling.zip")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"{tmp_path} work\n"


def test_the_cluster_profile_loads_over_the_shipped_defaults() -> None:
    settings = load("cluster")
    assert settings.kafka.partitions == 12
    assert settings.stream.trigger_seconds == 5.0
    assert settings.stream.max_offsets_per_trigger == 500_000
    assert settings.stream.stop_timeout_seconds == 60


# --- what wins


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


# --- what is refused, and in which words


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


# --- Kafka's options


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


# --- secrets


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


# --- what --print-config prints


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


# --- where things are


@pytest.mark.parametrize(
    ("paths", "lake", "checkpoints"),
    [
        (Paths(work="w"), "/here/w/lake", "/here/w/checkpoints"),
        (Paths(work="w", lake="s3a://b/l/"), "s3a://b/l", "/here/w/checkpoints"),
        (Paths(work="/w", checkpoints="dbfs:/c//"), "/w/lake", "dbfs:/c"),
        (Paths(work="w", lake="a", checkpoints="b"), "/here/a", "/here/b"),
    ],
)
def test_lake_and_checkpoints_are_in_the_work_folder_unless_they_are_named(
    paths: Paths, lake: str, checkpoints: str
) -> None:
    settings = Settings(paths=paths)
    here = str(Path.cwd())
    assert (settings.lake, settings.checkpoints) == (lake.replace("/here", here), checkpoints.replace("/here", here))
