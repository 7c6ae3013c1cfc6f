"""One frozen, validated value for everything that can be set, made before Spark starts.

Layers, the first that sets a key wins: command line, `STARLING_SECTION_KEY` in the environment,
the profile (`conf/profiles/NAME.toml`), `conf/starling.toml`. The defaults below are those of
`conf/starling.toml`, so that a notebook without the file gets the same values; a test holds them equal.
"""

import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from starling.errors import ConfigError

ENV_PREFIX = "STARLING_"
# Read by the set-up scripts and by `load` itself, so they are not settings.
RESERVED_ENV = frozenset(
    {
        "STARLING_HOME",
        "STARLING_CONFIG",
        "STARLING_PROFILE",
        "STARLING_VENV",
        "STARLING_PYTHON",
        "STARLING_JARS",
        "STARLING_TERMINAL",
    }
)

# What may be handed to Kafka clients. Written in librdkafka's words; `starling.kafka` says the same to Java.
KAFKA_OPTIONS = frozenset(
    {
        "client.id",
        "security.protocol",
        "sasl.mechanism",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.keystore.location",
        "ssl.key.password",
        "ssl.endpoint.identification.algorithm",
    }
)
SECRET_KAFKA_OPTIONS = frozenset({"sasl.password", "ssl.key.password"})
MASK = "********"

Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A table of the settings file: frozen, and closed to unknown keys."""

    # No message of pydantic's own repeats what was given, for that may be a secret; `load` says what may be said.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Paths(Section):
    """Where everything lives. URIs are welcome for `lake` and `checkpoints`."""

    work: Annotated[str, Field(min_length=1)] = "work"
    lake: str = ""
    checkpoints: str = ""


class Kafka(Section):
    """Which Kafka, and how to speak to it."""

    bootstrap_servers: str = ""
    topic: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")] = "starling.posts"
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 2
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    options: Annotated[dict[str, str], Field(repr=False)] = {}  # a password may be among them

    @field_validator("options")
    @classmethod
    def _allowed(cls, options: dict[str, str]) -> dict[str, str]:
        for name in sorted(options.keys() - KAFKA_OPTIONS):
            raise ValueError(
                f"{name!r} is not an option that may be passed on; allowed: {', '.join(sorted(KAFKA_OPTIONS))}"
            )
        return options


class Broker(Section):
    """The embedded Kafka, used while `kafka.bootstrap_servers` is empty."""

    port: Port = 0
    heap_mb: Annotated[int, Field(ge=128, le=65_536)] = 512
    start_timeout_seconds: Annotated[int, Field(ge=5, le=600)] = 90


class Stream(Section):
    """The micro-batches."""

    trigger_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    max_offsets_per_trigger: Annotated[int, Field(ge=1)] = 20_000
    stop_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60


class Limits(Section):
    """What a record may be before it is rejected."""

    max_payload_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    max_future_minutes: Annotated[int, Field(ge=0)] = 60


class Language(Section):
    """Detection, for posts whose source names no language."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


class Sentiment(Section):
    """VADER."""

    max_characters: Annotated[int, Field(ge=100, le=100_000)] = 8_000


class Trends(Section):
    """The gold tables."""

    baseline_hours: Annotated[int, Field(ge=1, le=24 * 28)] = 24


class Privacy(Section):
    """Who wrote a post is kept as a keyed pseudonym only."""

    pseudonym_key: SecretStr = SecretStr("")


class Metrics(Section):
    """The Prometheus endpoint of a running stream."""

    host: str = "127.0.0.1"
    port: Port = 9108


class Settings(BaseSettings):
    """All settings of a run; see `conf/starling.toml` for what each key means."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
    )

    paths: Paths = Paths()
    kafka: Kafka = Kafka()
    broker: Broker = Broker()
    stream: Stream = Stream()
    limits: Limits = Limits()
    language: Language = Language()
    sentiment: Sentiment = Sentiment()
    trends: Trends = Trends()
    privacy: Privacy = Privacy()
    metrics: Metrics = Metrics()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` has merged the layers already, so the value is made from what it is given alone."""
        return (init_settings,)

    @property
    def lake(self) -> str:
        """The folder (absolute) or URI under which the tables are: `paths.lake`, or `lake` in the work folder."""
        return _place(self.paths.lake.rstrip("/") or f"{self.paths.work}/lake")

    @property
    def checkpoints(self) -> str:
        """The folder (absolute) or URI of the queries' checkpoints."""
        return _place(self.paths.checkpoints.rstrip("/") or f"{self.paths.work}/checkpoints")

    def masked(self) -> dict[str, Any]:
        """The settings as plain values with every secret covered, to print and to log."""
        values: dict[str, Any] = self.model_dump(mode="json")
        values["privacy"]["pseudonym_key"] = MASK if self.privacy.pseudonym_key.get_secret_value() else ""
        for name in SECRET_KAFKA_OPTIONS & values["kafka"]["options"].keys():
            values["kafka"]["options"][name] = MASK
        return values

    def as_toml(self) -> str:
        """What `--print-config` prints: the merged settings in the shape of `conf/starling.toml`, secrets masked."""
        return "\n".join(_toml_lines(self.masked()))


def _place(place: str) -> str:
    """A URI as it is; a path from the root on, because Delta takes a relative one for a table's name.

    >>> _place("s3a://bucket/lake"), _place("/data/lake"), Path(_place("work/lake")) == Path.cwd() / "work" / "lake"
    ('s3a://bucket/lake', '/data/lake', True)
    """
    return place if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", place) else str(Path.cwd() / place)


def _toml_lines(values: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for section, keys in values.items():
        yield f"[{section}]"
        for key, value in keys.items():
            yield f"{key} = {_toml_value(value)}"
        yield ""


def _toml_value(value: object) -> str:
    """JSON's scalars are TOML's, but for two escapes; a table needs `=` between name and value.

    >>> _toml_value({"client.id": "a"})
    '{"client.id" = "a"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_value(name)} = {_toml_value(one)}" for name, one in value.items()) + "}"
    # TOML knows no pairs of surrogates, and no bare DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class _Layer:
    """One place that settings come from, and what it is called in a message."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        for section, keys in values.items():
            if not isinstance(keys, Mapping):
                raise ConfigError(f"{name}: {_misplaced(section)}")
        self.name = name
        self.values: dict[str, dict[str, Any]] = {section: dict(keys) for section, keys in values.items()}

    def sets(self, section: str, key: str | None) -> bool:
        return section in self.values and (key is None or key in self.values[section])


def _misplaced(name: str) -> str:
    # Its value is not said: it may be a secret that was written in the wrong place.
    if name in Settings.model_fields:
        return f"{name} is a section: wanted a line [{name}], and its keys below"
    return f"{name} is in no section: wanted a line such as [paths] above it"


def home() -> Path:
    """The checkout that this package belongs to, or the current folder when it runs from a shipped zip."""
    given = os.environ.get("STARLING_HOME")
    if given:
        return Path(given)
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "conf").is_dir() else Path.cwd()


def load(profile: str | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """The settings of this run.

    `profile` names `conf/profiles/NAME.toml` (else `STARLING_PROFILE` does); `overrides` is what the command line
    said, as {section: {key: value}}. Raises ConfigError, one line, for an unknown key or a bad value.
    """
    _refuse_unknown_environment()
    layers = list(_layers(profile, overrides or {}))
    merged: dict[str, dict[str, Any]] = {}
    for layer in reversed(layers):
        for section, keys in layer.values.items():
            merged.setdefault(section, {}).update(keys)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_one_line(error, layers)) from None


def _layers(profile: str | None, overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[_Layer]:
    yield _Layer("the command line", overrides)
    yield _Layer("the environment", _environment())
    profile = profile or os.environ.get("STARLING_PROFILE")
    if profile:
        yield _toml(home() / "conf" / "profiles" / f"{profile}.toml", wanted=f"profile {profile!r}")
    given = os.environ.get("STARLING_CONFIG")
    if given:
        yield _toml(Path(given), wanted="STARLING_CONFIG")
    elif (home() / "conf" / "starling.toml").is_file():
        yield _toml(home() / "conf" / "starling.toml", wanted="the defaults")


def _environment() -> Mapping[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:  # of the one key whose value is a table
        raise ConfigError(
            f"STARLING_KAFKA_OPTIONS (from the environment): not valid JSON: {error.__cause__}; "
            'wanted a table such as {"security.protocol": "SASL_SSL"}'
        ) from None


def _toml(path: Path, wanted: str) -> _Layer:
    if not path.is_file():
        raise ConfigError(f"{wanted}: no file {path}; there is: {_siblings(path)}")
    try:
        return _Layer(str(path), TomlConfigSettingsSource(Settings, toml_file=path)())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # tomllib's own: a line and a column
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _siblings(path: Path) -> str:
    return ", ".join(sorted(p.stem for p in path.parent.glob("*.toml"))) or "nothing in that folder"


def _refuse_unknown_environment() -> None:
    """A misspelt variable would otherwise be ignored in silence."""
    known = {f"{ENV_PREFIX}{section}_{key}".upper(): f"{section}.{key}" for section, key in _keys()}
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and name not in RESERVED_ENV and name.upper() not in known:
            raise ConfigError(f"environment variable {name}: unknown setting{_did_you_mean(name, known)}")


def _keys() -> Iterator[tuple[str, str]]:
    for section, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, Section)
        for key in field.annotation.model_fields:
            yield section, key


def _did_you_mean(name: str, known: Mapping[str, str] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def _one_line(error: ValidationError, layers: list[_Layer]) -> str:
    """The first thing that is wrong: which key, which value, where it was set, and what is allowed."""
    problem = error.errors()[0]
    section, *rest = (str(part) for part in problem["loc"])
    key = rest[0] if rest else None
    where = next((layer.name for layer in layers if layer.sets(section, key)), "the defaults")
    if key is None:
        return f"[{section}] (from {where}): unknown section{_did_you_mean(section, list(Settings.model_fields))}"
    if problem["type"] == "extra_forbidden":
        keys = [k for s, k in _keys() if s == section]
        return f"{section}.{key} (from {where}): unknown key{_did_you_mean(key, keys)}"
    message = problem["msg"].removeprefix("Value error, ")
    shown = "" if section == "privacy" or key == "options" else f" = {problem['input']!r}"
    return f"{section}.{'.'.join(rest)}{shown} (from {where}): {message[0].lower()}{message[1:]}"
