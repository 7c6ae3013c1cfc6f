"""One frozen, validated value for everything that can be set, made before Spark starts.

`starling.configuration` merges the layers. The defaults below are those of `conf/starling.toml`, so that a notebook
without the file gets the same values; a test holds them equal.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from starling import kafka_options

ENV_PREFIX = "STARLING_"
# Read by the set-up scripts and by `starling.configuration` itself, so they are not settings.
RESERVED_ENV = frozenset(
    {
        "STARLING_HOME",
        "STARLING_CONFIG",
        "STARLING_PROFILE",
        "STARLING_VENV",
        "STARLING_PYTHON",
        "STARLING_JARS",
        "STARLING_TERMINAL",
        "STARLING_FAILPOINT",
    }
)

MASK = "********"

Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A table of the settings file: frozen, and closed to unknown keys."""

    # No message of pydantic's own repeats what was given, for that may be a secret: `starling.configuration` says
    # what may be said.
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
    outage_seconds: Annotated[int, Field(ge=0)] = 600
    options: Annotated[dict[str, str], Field(repr=False)] = {}  # a password may be among them

    @field_validator("options")
    @classmethod
    def _allowed(cls, options: dict[str, str]) -> dict[str, str]:
        for name in sorted(options.keys() - kafka_options.ALLOWED):
            raise ValueError(
                f"{name!r} is not an option that may be passed on; allowed: {', '.join(sorted(kafka_options.ALLOWED))}"
            )
        return options


class Broker(Section):
    """The embedded Kafka, used while `kafka.bootstrap_servers` is empty."""

    port: Port = 0
    heap_mb: Annotated[int, Field(ge=128, le=65_536)] = 512
    start_timeout_seconds: Annotated[int, Field(ge=5, le=600)] = 90


class Stream(Section):
    """The micro-batches."""

    trigger_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0
    max_offsets_per_trigger: Annotated[int, Field(ge=1)] = 20_000
    compact_batches: Annotated[int, Field(ge=0)] = 100
    gold_seconds: Annotated[float, Field(ge=0, le=3600)] = 4.0
    stop_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    on_data_loss: Literal["stop", "continue"] = "stop"


class Limits(Section):
    """What a record may be before it is rejected, and what is kept of a post."""

    max_payload_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    max_future_minutes: Annotated[int, Field(ge=0)] = 60
    max_entities: Annotated[int, Field(ge=1)] = 100


class Language(Section):
    """Detection, for posts whose source names no language."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


class Sentiment(Section):
    """VADER."""

    max_characters: Annotated[int, Field(ge=100, le=100_000)] = 8_000


class Trends(Section):
    """The gold tables."""

    baseline_hours: Annotated[int, Field(ge=1, le=24 * 28)] = 24


class Models(Section):
    """Training, tracking and promotion."""

    tracking_uri: Annotated[str, Field(repr=False)] = ""  # a database's may hold its password
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    refresh_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0


class Topics(Section):
    """Clusters of hashtags, and of words."""

    min_posts: Annotated[int, Field(ge=1)] = 5
    vocabulary: Annotated[int, Field(ge=10, le=100_000)] = 2_000
    min_clusters: Annotated[int, Field(ge=2)] = 4
    max_clusters: Annotated[int, Field(ge=2, le=1_000)] = 24
    held_out_share: Annotated[float, Field(gt=0, lt=1)] = 0.2


class Engagement(Section):
    """What a post will earn."""

    held_out_authors: Annotated[float, Field(gt=0, lt=1)] = 0.3
    held_out_time: Annotated[float, Field(gt=0, lt=1)] = 0.3
    settle_hours: Annotated[int, Field(ge=0)] = 24
    vocabulary: Annotated[int, Field(ge=10, le=10_000)] = 1_000
    selected_words: Annotated[int, Field(ge=1, le=10_000)] = 100


class Privacy(Section):
    """Who wrote a post is kept as a keyed pseudonym only."""

    pseudonym_key: SecretStr = SecretStr("")


class Retention(Section):
    """How soon what is deleted is gone, and how long what Kafka delivered is kept."""

    erase_minutes: Annotated[float, Field(ge=0, le=1440)] = 10.0
    grace_minutes: Annotated[float, Field(ge=5, le=10_080)] = 60.0
    payload_days: Annotated[int, Field(ge=0, le=36_500)] = 0


class Metrics(Section):
    """The Prometheus endpoint of a running stream."""

    host: str = "127.0.0.1"
    port: Port = 9108


class Serve(Section):
    """The dashboard."""

    host: str = "127.0.0.1"
    port: Port = 8050
    allowed_hosts: str = ""
    refresh_seconds: Annotated[float, Field(gt=0, le=3600)] = 1.0
    stale_minutes: Annotated[int, Field(ge=1)] = 15
    memory_mb: Annotated[int, Field(ge=100)] = 400
    analyses_a_minute: Annotated[int, Field(ge=1)] = 60


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
    models: Models = Models()
    topics: Topics = Topics()
    engagement: Engagement = Engagement()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    metrics: Metrics = Metrics()
    serve: Serve = Serve()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`starling.configuration` has merged the layers already, so the value is made from what it is given alone."""
        return (init_settings,)

    @property
    def lake(self) -> str:
        """The folder (absolute) or URI under which the tables are: `paths.lake`, or `lake` in the work folder."""
        return _place(self.paths.lake.rstrip("/") or f"{self.paths.work}/lake")

    @property
    def checkpoints(self) -> str:
        """The folder (absolute) or URI of the queries' checkpoints."""
        return _place(self.paths.checkpoints.rstrip("/") or f"{self.paths.work}/checkpoints")

    @property
    def places(self) -> tuple[str, ...]:
        """Every folder or URI that a stream writes to."""
        return self.lake, self.checkpoints, self.paths.work

    @property
    def tracking_uri(self) -> str:
        """MLflow's tracking and registry URI: `models.tracking_uri`, or a SQLite file in the work folder."""
        return self.models.tracking_uri or f"sqlite:///{Path(self.paths.work).resolve() / 'mlflow' / 'mlflow.db'}"

    def masked(self) -> dict[str, Any]:
        """The settings as plain values with every secret covered, to print and to log."""
        values: dict[str, Any] = self.model_dump(mode="json")
        values["privacy"]["pseudonym_key"] = MASK if self.privacy.pseudonym_key.get_secret_value() else ""
        values["models"]["tracking_uri"] = re.sub(r"//[^/@]*@", f"//{MASK}@", self.models.tracking_uri)
        for name in kafka_options.SECRET & values["kafka"]["options"].keys():
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
