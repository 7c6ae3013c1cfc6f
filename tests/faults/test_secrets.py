"""What a job shows of itself: listeners on loopback alone, and no secret in any file, line, page or command.

One stream reads from a Kafka over TLS that asks for a password with all that a login string could stumble over, with
Spark's own log of events, and beside it runs the dashboard with MLflow's pages. The tests look at what was seen.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from browser.looking import wait_until_ready
from faults.figures import Tally
from guarded import PLAIN, Guarded, guarded_kafka, opened
from jobs.submitted import (
    ROOT,
    command_lines,
    environments,
    family,
    is_loopback,
    listeners,
    listening_on,
    submitted,
    wait_for,
)
from models.trainings import TABLES, named, trained
from starling.broker import kraft
from starling.configuration import load
from starling.errors import ConfigError
from starling.kafka import admin_client, java_security
from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.settings import Kafka, Metrics, Paths, Privacy, Settings
from streams.lakes import Lake
from streams.messages import post

WHAT = "listeners, a foreign Host, secrets with quotes, smuggled Kafka options, a cluster's secret"
pytestmark = pytest.mark.fault(24, WHAT)

# In whatever way a text is escaped, these words of it stay as they are.
PASSWORD_WORD, KEY_WORD, ACCESS_WORD = b"Kq7vT2xe", b"Zx3wR8pa", b"Hm5cL9yd"
PASSWORD = "Kq7vT2xe\"Kq7vT2xe'Kq7vT2xe\\Kq7vT2xe;=Kq7vT2xe {ü}"
PSEUDONYM_KEY = "Zx3wR8pa\"Zx3wR8pa'Zx3wR8pa"
FOREIGN = {"Host": "evil.example"}
POSTS = 20


@dataclass(frozen=True)
class Seen:
    """What was to be seen of the jobs while they ran, and the folder with all that they left."""

    work: Path
    said: str
    places: set[tuple[str, int]]
    ports: dict[str, int]
    commands: list[bytes]
    environments: list[bytes]
    pages: dict[str, bytes]
    foreign: dict[str, int]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A Kafka over TLS, with a certificate of the test's own, that knows somebody with that password."""
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as kafka:
        opened(kafka)
        credentials = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        added = UserScramCredentialUpsertion("somebody", credentials, PASSWORD.encode())
        admin = admin_client(Settings(kafka=Kafka(options=kafka.by_password())), kafka.plain, print)
        for done in admin.alter_user_scram_credentials([added]).values():
            done.result(10)
        yield kafka


@pytest.fixture(scope="module")
def lake(guarded: Guarded, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """An empty lake, whose Kafka and pseudonyms have the secrets; a training has been recorded with them."""
    options = {**guarded.by_scram(), "sasl.username": "somebody", "sasl.password": PASSWORD}
    settings = Settings(
        paths=Paths(work=str(tmp_path_factory.mktemp("secrets") / "work")),
        kafka=Kafka(topic="secrets", options=options),
        metrics=Metrics(port=0),
        privacy=Privacy(pseudonym_key=PSEUDONYM_KEY),
    )
    with Tracking(settings, Registry(settings, spark), spark).training("secrets") as training:
        training.record(named(trained(spark), "secrets"), TABLES)
    return Lake(spark, settings, guarded.scram)


@pytest.fixture(scope="module")
def seen(lake: Lake, broker: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    work, folder = Path(lake.settings.paths.work), tmp_path_factory.mktemp("outputs")
    ports = {"ui": free_port(), "metrics": free_port(), "broker": int(broker.rpartition(":")[2])}
    environment = {
        **lake.environment,
        "STARLING_KAFKA_OPTIONS": json.dumps(lake.settings.kafka.options),
        "STARLING_METRICS_PORT": str(ports["metrics"]),
        "STARLING_SERVE_PORT": "0",
    }
    (work / "events").mkdir()
    events = ("eventLog.enabled=true", f"eventLog.dir=file://{work}/events", "eventLog.compress=false")
    confs = [word for conf in (*events, f"ui.port={ports['ui']}") for word in ("--conf", f"spark.{conf}")]
    # As for tables in a bucket; the name is one that Spark hides when conf/spark-defaults.conf says so.
    properties = folder / "bucket.conf"
    properties.write_text(f"spark.hadoop.fs.s3a.access.key {ACCESS_WORD.decode()}\n")
    confs += ["--properties-file", str(properties)]
    lake.send([post(id=str(number)) for number in range(100, 100 + POSTS)])
    stream, serve = folder / "stream.txt", folder / "serve.txt"
    with (
        submitted(stream, "--driver-memory", "1g", *confs, "jobs/stream.py", **environment) as streaming,
        submitted(serve, "jobs/serve.py", "--mlflow-ui", **environment) as serving,
    ):
        wait_for(
            lambda: rows(lake, "silver/posts") == POSTS and rows(lake, "gold/sentiment_by_hour") > 0, streaming, stream
        )
        wait_for(lambda: "Dashboard: " in serve.read_text(), serving, serve)
        dashboard = re.findall(r"Dashboard: http://127\.0\.0\.1:(\d+)/", serve.read_text())[0]
        wait_until_ready(f"http://127.0.0.1:{dashboard}")
        ports |= {"dashboard": int(dashboard), "MLflow": port_of_mlflow(int(dashboard))}
        pids = {pid for job in (streaming, serving) for pid in family(job.pid)}
        found = {
            "places": listeners(pids | listening_on(ports["broker"])),
            "commands": command_lines(pids),
            "environments": environments(family(streaming.pid)),
            "pages": {address: fetched(address) for address in addresses(ports)},
            "foreign": {name: status(ports[name], FOREIGN) for name in ("dashboard", "MLflow")},
        }
    return Seen(work=work, ports=ports, said=stream.read_text() + serve.read_text(), **found)


def free_port() -> int:
    return kraft.free_ports(0, None)[0]


def rows(lake: Lake, table: str) -> int:
    """Rows of a table, which need not be there yet."""
    path = f"{lake.settings.lake}/{table}"
    return DeltaTable(path).to_pyarrow_table().num_rows if DeltaTable.is_deltatable(path) else 0


def port_of_mlflow(dashboard: int) -> int:
    """Where the dashboard says that MLflow's pages are, once they are there."""
    deadline = time.monotonic() + 60
    while True:
        page = fetched(f"http://127.0.0.1:{dashboard}/trust").decode()
        found = re.findall(r'href="http://127\.0\.0\.1:(\d+)/" rel="noreferrer">Open', page)
        if found:
            return int(found[0])
        assert time.monotonic() < deadline, page
        time.sleep(0.5)


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return bytes(answer.read())


def status(port: int, headers: dict[str, str]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/", headers=headers)
        with connection.getresponse() as answer:
            return answer.status


def addresses(ports: dict[str, int]) -> Iterator[str]:
    """Every page of Spark's that could show a setting, and what the other endpoints say."""
    ui = f"http://127.0.0.1:{ports['ui']}"
    (application,) = json.loads(fetched(f"{ui}/api/v1/applications"))
    about = f"{ui}/api/v1/applications/{application['id']}"
    queries = json.loads(fetched(f"{about}/sql?details=true&planDescription=true&length=1000"))
    assert queries
    yield from (f"{ui}/{page}/" for page in ("jobs", "stages", "storage", "environment", "executors", "SQL"))
    yield from (f"{ui}/SQL/execution/?id={query['id']}" for query in queries)
    streaming = fetched(f"{ui}/StreamingQuery/").decode()
    yield from (f"{ui}/StreamingQuery/{found}" for found in ("", *re.findall(r"statistics\?id=[\w-]+", streaming)))
    yield from (f"{about}/{part}" for part in ("environment", "executors", "jobs", "stages", "storage/rdd"))
    yield f"{about}/sql?details=true&planDescription=true&length=1000"
    yield f"http://127.0.0.1:{ports['metrics']}/metrics"
    yield from (f"http://127.0.0.1:{ports['dashboard']}/{page}" for page in ("", "trust", "metrics", "api/trust"))


@pytest.mark.timeout(400)
def test_whatever_listens_does_so_on_loopback(seen: Seen) -> None:
    assert {port for _, port in seen.places} >= set(seen.ports.values())
    assert [place for place in sorted(seen.places) if not is_loopback(place[0])] == []


def test_pages_that_are_asked_for_by_a_foreign_name_are_refused(seen: Seen) -> None:
    assert seen.foreign == {"dashboard": 403, "MLflow": 403}


def test_a_secret_with_quotes_is_in_no_file_line_page_or_command(seen: Seen, tally: Tally) -> None:
    for word in (PASSWORD_WORD, KEY_WORD):
        assert any(word in told for told in seen.environments), "the jobs had no such secret"
    assert [page for address, page in seen.pages.items() if "/environment" in address and b"fs.s3a.access.key" in page]
    for word in (PASSWORD_WORD, KEY_WORD, ACCESS_WORD):
        assert word.decode() not in seen.said
        assert [told for told in seen.commands if word in told] == []
        assert [address for address, page in seen.pages.items() if word in page] == []
        files = [path for path in seen.work.rglob("*") if path.is_file()]
        assert {path.relative_to(seen.work).parts[0] for path in files} >= {
            "checkpoints",
            "events",
            "lake",
            "logs",
            "mlflow",
        }
        assert [path for path in files if word in path.read_bytes()] == []
    assert any(b"SCRAM-SHA-512" in told for told in seen.environments)
    tally.bad_inputs(3)


# --- what is handed to Kafka's clients

# What would have a client speak to another server, load somebody's code, or run a command.
SMUGGLED = (
    "bootstrap.servers", "kafka.bootstrap.servers", "metadata.broker.list", "plugin.library.paths", "sasl.jaas.config",
    "interceptor.classes", "metric.reporters", "key.deserializer", "sasl.login.callback.handler.class",
    "sasl.client.callback.handler.class", "sasl.login.class", "security.providers", "ssl.engine.factory.class",
    "ssl.engine.location", "ssl.providers", "config.providers", "sasl.kerberos.kinit.cmd", "sasl.oauthbearer.config",
    "sasl.oauthbearer.jwt.retriever.class", "partition.assignment.strategy", "group.id", "isolation.level", "debug",
    "SASL.PASSWORD", "sasl.password ",
)  # fmt: skip


def test_an_option_that_is_not_on_the_list_is_refused_by_its_name_alone(
    monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    for name in SMUGGLED:
        monkeypatch.setenv("STARLING_KAFKA_OPTIONS", json.dumps({"security.protocol": "SASL_SSL", name: PASSWORD}))
        with pytest.raises(ConfigError) as refused:
            load()
        said = str(refused.value)
        assert said.startswith(f"kafka.options (from the environment): {name!r} is not an option that may be passed on")
        assert PASSWORD_WORD.decode() not in said
        assert "\n" not in said
    tally.bad_inputs(len(SMUGGLED))


def test_a_job_with_a_smuggled_option_ends_before_anything_is_started(tmp_path: Path) -> None:
    options = json.dumps({"sasl.password": PASSWORD, "sasl.jaas.config": PASSWORD})
    done = subprocess.run(
        [sys.executable, str(ROOT / "jobs" / "stream.py"), "--work", str(tmp_path / "work")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib"), "STARLING_KAFKA_OPTIONS": options},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        "starling: error: kafka.options (from the environment): 'sasl.jaas.config' is not an option"
    )
    assert done.stderr.count("\n") == 1
    assert PASSWORD_WORD.decode() not in done.stdout + done.stderr
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    "value",
    [
        PASSWORD,
        'me" password="another',
        'me";\ncom.sun.security.auth.module.JndiLoginModule required user.provider.url="ldap://evil.example',
        "me\npassword=another\r\nserviceName=evil;",
        "\\\\\" \\n \\101 ' // /* # \t ${env:HOME}",
    ],
    ids=["quotes", "a second word", "a second module", "lines", "escapes"],
)
def test_a_value_stays_one_value_in_the_line_that_says_how_to_log_in(
    spark: SparkSession, value: str, tally: Tally
) -> None:
    options = {"sasl.mechanism": "PLAIN", "sasl.username": value, "sasl.password": value[::-1]}
    jvm = spark._jvm
    said = jvm.java.util.HashMap()
    line = java_security(options)["sasl.jaas.config"]
    said.put("sasl.jaas.config", jvm.org.apache.kafka.common.config.types.Password(line))
    entries: Sequence = jvm.org.apache.kafka.common.security.JaasContext.loadClientContext(said).configurationEntries()
    assert [entry.getLoginModuleName() for entry in entries] == [PLAIN]
    assert dict(entries[0].getOptions()) == {"username": value, "password": value[::-1]}
    tally.bad_inputs(1)
