"""A stream on a standalone cluster whose members must know a secret, made of what comes with PySpark."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark
import pytest

from jobs.submitted import ROOT, command_lines, family, submitted
from starling.broker import kraft
from starling.pipeline.accounts import accounts
from streams.lakes import Lake, Record

SECRET = "Hm5sY9dc of the cluster"
AUTHENTICATED = f"""\
spark.authenticate            true
spark.authenticate.secret     {SECRET}
spark.network.crypto.enabled  true
"""
JAVAS_OWN = "WARNING: Using incubator modules: jdk.incubator.vector\n"
SPARK = Path(pyspark.__file__).parent
PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Cluster:
    """A Master with one Worker, on loopback. `properties` is the file with which a job is let in."""

    master: str
    pages: str
    properties: Path
    processes: Sequence["subprocess.Popen[bytes]"]

    def told(self) -> dict[str, Any]:
        """What the Master says of its Workers and applications."""
        with urllib.request.urlopen(f"{self.pages}/json/") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def applications(self) -> list[str]:
        """Names of all that were let in."""
        told = self.told()
        return [one["name"] for one in (*told["activeapps"], *told["completedapps"])]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    conf = tmp_path / "cluster"
    conf.mkdir()
    properties = conf / "spark-defaults.conf"
    properties.touch(mode=0o600)
    properties.write_text(AUTHENTICATED)
    port, pages = (kraft.free_ports(0, None)[0] for _ in range(2))
    master = f"spark://127.0.0.1:{port}"
    with (
        member(conf, "master.Master", "--port", str(port), "--webui-port", str(pages)) as first,
        member(conf, "worker.Worker", "--cores", "2", "--memory", "1g", "--webui-port", "0", master) as second,
    ):
        made = Cluster(master, f"http://127.0.0.1:{pages}", properties, (first, second))
        deadline = time.monotonic() + 60
        while not alive(made):
            assert time.monotonic() < deadline, "".join(log.read_text() for log in conf.glob("*.log"))
            time.sleep(0.3)
        yield made


@contextmanager
def member(conf: Path, kind: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A Master or a Worker, which is ended with the block."""
    environment = {
        **os.environ,
        "SPARK_HOME": str(SPARK),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(conf / "worker"),
    }
    with (conf / f"{kind}.log").open("w") as log:
        process = subprocess.Popen(
            [str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", *arguments],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def alive(cluster: Cluster) -> bool:
    try:
        return bool(cluster.told()["aliveworkers"] == 1)
    except (OSError, json.JSONDecodeError):  # a Master that starts hands out its front page until its JSON is there
        return False


@pytest.mark.fault(24, "listeners, a foreign Host, secrets with quotes, smuggled Kafka options, a cluster's secret")
@pytest.mark.timeout(400)
def test_a_stream_runs_on_a_cluster_with_a_secret_and_who_does_not_know_it_is_refused(
    lake: Lake, real_records: list[Record], cluster: Cluster, tmp_path: Path
) -> None:
    lake.send([*real_records[:60], *real_records[:20]])
    environment = {
        "STARLING_KAFKA_BOOTSTRAP_SERVERS": lake.servers,
        "STARLING_KAFKA_TOPIC": lake.settings.kafka.topic,
        "STARLING_METRICS_PORT": "0",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    there = ("--master", cluster.master, "--driver-memory", "1g", "--executor-memory", "700m")
    knows = ("--properties-file", str(cluster.properties))
    job = (str(ROOT / "jobs" / "stream.py"), "--once", "--work")
    let_in, kept_out = tmp_path / "let-in.txt", tmp_path / "kept-out.txt"
    with (
        submitted(let_in, *there, *knows, *job, lake.settings.paths.work, **environment) as known,
        submitted(kept_out, *there, *job, str(tmp_path / "none"), **environment) as unknown,
    ):
        commands = watched(known, cluster)
        assert known.wait(PATIENCE_SECONDS) == 0, let_in.read_text()
        assert unknown.wait(PATIENCE_SECONDS) == 2
    assert not [line for line in commands if SECRET.encode() in line]
    assert any(b"CoarseGrainedExecutorBackend" in line for line in commands), "nothing ran on the cluster"
    assert cluster.applications() == ["starling stream"], "more than one was let in"
    ids = sorted(record.key.removeprefix("x:") for record in real_records[:60] if record.key)
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ids
    assert accounts(lake.spark, lake.settings.lake).balanced
    said = kept_out.read_text().removeprefix(JAVAS_OWN)
    assert said.startswith(f"starling: error: Spark did not start on {cluster.master}: ")
    assert "that it and this job have the same spark.authenticate.secret" in said
    assert said.count("\n") == 1


def watched(job: "subprocess.Popen[str]", cluster: Cluster) -> set[bytes]:
    """The command lines of all processes that the job and the cluster have, until the job has ended."""
    found: set[bytes] = set()
    while job.poll() is None:
        found |= {line for process in (job, *cluster.processes) for line in command_lines(family(process.pid))}
        time.sleep(0.5)
    return found
