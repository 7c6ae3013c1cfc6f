"""Who takes part in the pipeline benchmark: how each is started, where its posts are, and how long it took for them."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from measuring import CHECKOUT, SUBMIT
from pipeline_columns import SCORES
from pipeline_load import PARTITIONS, Load

HERE = CHECKOUT / "benchmarks"
# As --backfill has it, and ten more: a partition's part is rounded down, and what is left over would be a batch of its
# own. At 250,000, half a million posts took 180 s of processor time instead of the 214 s at 100,000.
BATCH = 250_010
_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# What tells the set-up where its things are is no setting.
_SET_UP = ("STARLING_VENV", "STARLING_PYTHON", "STARLING_JARS")
_PATHWAY_PORT = "20310"  # and the next: how its processes find each other, on loopback


@dataclass(frozen=True)
class Command:
    """What is run, and its environment."""

    words: list[str]
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Contender:
    """One who drains the topic; `few` says that it is given fewer posts, being slow."""

    name: str
    title: str
    few: bool
    command: Callable[[Load, Path], Command]
    seconds: Callable[[Path], float]
    scored: Callable[[Path], Any]  # Arrow's table of ids and scores


def contenders(python: Path, with_pathway: bool) -> list[Contender]:
    """All of them; `python` is of the environment that the others need."""
    lake, silver = partial(_delta, "lake/silver/posts"), partial(_delta, "silver")
    reference, columnar = (partial(_plain, python, scorer) for scorer in ("vaderSentiment", "ours"))
    found = [
        Contender("ours", "Starling's stream", False, _ours, _ledger_seconds, lake),
        Contender("a", "Spark, as a tutorial has it", True, _tutorial, _told_seconds, silver),
        Contender("b", "plain Python", False, reference, _told_seconds, silver),
        Contender("c", "Pathway", True, partial(_pathway, python), _told_seconds, _json_lines),
        Contender("d", "plain Python, our scorer", False, columnar, _told_seconds, silver),
    ]
    return [contender for contender in found if with_pathway or contender.name != "c"]


# --- how they are started


def _ours(load: Load, out: Path) -> Command:
    settings = {
        "STARLING_KAFKA_BOOTSTRAP_SERVERS": load.servers,
        "STARLING_KAFKA_TOPIC": load.topic,
        "STARLING_METRICS_PORT": "0",
        "STARLING_STREAM_MAX_OFFSETS_PER_TRIGGER": str(BATCH),
    }
    return Command([SUBMIT, "jobs/stream.py", "--work", str(out), "--backfill"], {**_environ(), **settings})


def _tutorial(load: Load, out: Path) -> Command:
    """With an empty folder of settings, so that Spark has its own defaults, and the jars that ours has."""
    empty = out / "no-settings"
    empty.mkdir()
    delta = [word for name, value in _DELTA.items() for word in ("--conf", f"{name}={value}")]
    spark = [SUBMIT, "--master", "local[*]", "--driver-memory", "2g", *delta, str(HERE / "pipeline_spark.py")]
    return Command([*spark, *_told(load, out)], {**_environ(), "SPARK_CONF_DIR": str(empty)})


def _plain(python: Path, scorer: str, load: Load, out: Path) -> Command:
    script = str(HERE / "pipeline_plain.py")
    environ = {**_environ(), "PYTHONPATH": str(CHECKOUT / "lib")}
    return Command([str(python), script, *_told(load, out), "--scorer", scorer], environ)


def _pathway(python: Path, load: Load, out: Path) -> Command:
    spawn = [str(python.with_name("pathway")), "spawn", "--processes", str(PARTITIONS), "--first-port", _PATHWAY_PORT]
    return Command([*spawn, str(python), str(HERE / "pipeline_pathway.py"), *_told(load, out)], _environ())


def _environ() -> dict[str, str]:
    """Without a person's settings, which may name a lake; and Pathway reports about itself to none without a key."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("STARLING_", "PATHWAY_"))}
    return others | {name: os.environ[name] for name in _SET_UP if name in os.environ}


def _told(load: Load, out: Path) -> list[str]:
    return ["--servers", load.servers, "--topic", load.topic, "--out", str(out)]


# --- what they left


def _ledger_seconds(out: Path) -> float:
    """From the first micro-batch's start to the last one's entry in the ledger."""
    from deltalake import DeltaTable

    times = DeltaTable(str(out / "lake" / "ops" / "batches")).to_pyarrow_table(columns=["started_at", "written_at"])
    began, ended = min(times["started_at"].to_pylist()), max(times["written_at"].to_pylist())
    return float((ended - began).total_seconds())


def _told_seconds(out: Path) -> float:
    """From the first record that one of its processes read to the end of the last one's last write."""
    told = [json.loads(path.read_text()) for path in out.glob("drain*.json")]
    return float(max(each["ended"] for each in told) - min(each["began"] for each in told))


def _delta(table: str, out: Path) -> Any:
    from deltalake import DeltaTable

    return DeltaTable(str(out / table)).to_pyarrow_table(columns=["post_id", *SCORES])


def _json_lines(out: Path) -> Any:
    from pyarrow.json import read_json

    return read_json(out / "silver.jsonl").select(["post_id", *SCORES])
