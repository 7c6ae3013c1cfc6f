"""The door to MLflow: imported when it is first needed, with bounded waits, and its troubles as one line each.

Only this module, `registry`, `tracking` and what they are made of speak to MLflow.
"""

import errno
import logging
import os
import re
import sqlite3
import sys
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from starling.broker import locks
from starling.errors import ModelError
from starling.failures import in_one_line
from starling.settings import MASK, Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

# How long a locked SQLite file is waited for: by whoever reads, and may be a stream between two batches, and by whoever
# is about to write all of a training.
READ_SECONDS, WRITE_SECONDS = 3.0, 30.0
_CREATION_SECONDS = 120.0

# What MLflow reads from the environment. It tells its makers of its use by default, and waits minutes for a server.
_ENFORCED = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
_UNLESS_SET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}

_REMEDIES = (
    ("locked", "another process is writing to it: wait until it is done, or stop it, and try again"),
    ("busy", "another process is writing to it: wait until it is done, or stop it, and try again"),
    ("full", "free some space on its disk"),
    ("no space", "free some space on its disk"),
    ("readonly", "make it and its folder writable"),
    ("read-only", "make it and its folder writable"),
    ("no such artifact", "restore what is missing, or choose another version"),
    ("permission", "make it and its folder writable"),
    ("malformed", "restore it from a copy, or move it away to begin a new one"),
    ("not a database", "restore it from a copy, or move it away to begin a new one"),
    ("no such table", "it is not MLflow's: restore it from a copy, or move it away to begin a new one"),
    ("out-of-date", "upgrade it with `mlflow db upgrade`"),
)
_LONGEST_REASON = 500
_REMEDY = "see that it is there and answers, or set models.tracking_uri"


class Store:
    """MLflow's tracking server and registry at the settings' URI, and the folders that Starling keeps beside."""

    def __init__(
        self, settings: Settings, read_seconds: float = READ_SECONDS, write_seconds: float = WRITE_SECONDS
    ) -> None:
        self._read_seconds, self._write_seconds = read_seconds, write_seconds
        self.uri = settings.tracking_uri
        self.work = Path(settings.paths.work).resolve()
        self.is_default = not settings.models.tracking_uri

    @property
    def shown(self) -> str:
        """The URI without its secrets."""
        return masked(self.uri)

    @property
    def folder(self) -> Path:
        """`mlflow` in the work folder: the default database and artifacts, leases of runs, and what is temporary."""
        return self.work / "mlflow"

    @property
    def sqlite(self) -> Path | None:
        """The database's file, where it is one."""
        found = re.fullmatch(r"sqlite:///([^?]+)(\?.*)?", self.uri)
        return Path(found[1]).resolve() if found else None

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's client, once the database is there and can be written to."""
        # On Databricks the registry has a URI of its own, which MLflow knows.
        registry_uri = None if self.uri.startswith("databricks") else self.uri
        with self.asking("it cannot be opened"):
            mlflow = imported()
            if self.sqlite:
                self._make_database(self.sqlite)
            client: MlflowClient = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=registry_uri)
        return client

    def _make_database(self, path: Path) -> None:
        """A database is made under another name, so that one that is there is whole, however its making ended."""
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = locks.take(path.with_name(path.name + ".lock"), _CREATION_SECONDS)
        if lock is None:
            raise sqlite3.OperationalError("database is locked by a process that makes it")
        with lock:
            if path.exists():
                return
            for left in path.parent.glob(f"{path.name}.*.new*"):
                left.unlink()
            new = path.with_name(f"{path.name}.{uuid.uuid4().hex}.new")
            imported().MlflowClient(tracking_uri=f"sqlite:///{new}").search_experiments(max_results=1)
            new.rename(path)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the SQLite file, read without MLflow, which takes seconds to import and 20 s to find it locked."""
        return self._ask_sqlite(statement, values, self._read_seconds)

    def _ask_sqlite(self, statement: str, values: Sequence[object], busy_seconds: float) -> list[tuple[Any, ...]]:
        assert self.sqlite is not None
        # Not mode=ro: a reader must be able to roll back what a killed writer left half done.
        uri = f"file:{quote(str(self.sqlite))}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=busy_seconds)) as database:
            return database.execute(statement, values).fetchall()

    def check_writable(self) -> None:
        """Raises ModelError where the SQLite file is locked or cannot be written to."""
        if self.sqlite and self.sqlite.exists():
            with self.asking("it cannot be written to"):
                self._ask_sqlite("BEGIN IMMEDIATE", (), self._write_seconds)

    @contextmanager
    def asking(self, what: str, kind: type[ModelError] = ModelError) -> Iterator[None]:
        """Whatever goes wrong inside is one line of that kind: where, what could not be done, why, and what to do."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow's hints are for those who write code
                yield
        except (ModelError, TypeError, AttributeError, AssertionError):  # said already, or a mistake in a program
            raise
        except Exception as error:
            said = self.scrubbed(_reason(error))
            hidden = self.scrubbed(str(error)) != str(error)
            message = f"MLflow at {self.shown}: {what}: {said}; {_remedy(said)}"
            raise kind(message) from (None if hidden else error)

    def scrubbed(self, text: str) -> str:
        """The text without the URI's secrets."""
        secrets = re.findall(r"//([^/]*)@", self.uri)
        for secret in (*secrets, *(part for one in secrets for part in one.split(":")[1:])):
            text = text.replace(secret, MASK)
        return text


def imported() -> Any:
    """MLflow, told to keep quiet and to itself."""
    os.environ.update(_ENFORCED)
    for name, value in _UNLESS_SET.items():
        os.environ.setdefault(name, value)
    if "mlflow" not in sys.modules:
        logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # the trace of what is raised anyway
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.spark
    return mlflow


def is_local(spark: SparkSession) -> bool:
    """Whether a path without a scheme is one on this machine's disk to Spark, on a shared one where it runs on many."""
    return str(_hadoop(spark).FileSystem.get(_configuration(spark)).getScheme()) == "file"


def for_spark(spark: SparkSession, folder: Path) -> str:
    """The folder where Spark can read it: itself, or a copy on the file system that all executors share."""
    place = f"file://{folder}"  # not as_uri(): Hadoop takes what is written literally, %20 too
    if is_local(spark):
        return place
    hadoop = _hadoop(spark)
    files = hadoop.FileSystem.get(_configuration(spark))
    copy = hadoop.Path(files.getHomeDirectory(), f".starling/models/{uuid.uuid4().hex}")
    files.copyFromLocalFile(hadoop.Path(place), copy)
    return str(copy.toString())


def _hadoop(spark: SparkSession) -> Any:
    jvm = spark.sparkContext._jvm  # the only door to Hadoop's file systems
    assert jvm is not None
    return jvm.org.apache.hadoop.fs


def _configuration(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc.hadoopConfiguration()


def masked(uri: str) -> str:
    """The URI with its user, password and query covered.

    >>> masked("postgresql://me:s/e@cret@db:5432/mlflow?sslpassword=x")
    'postgresql://********@db:5432/mlflow?********'
    >>> masked("sqlite:////data/mlflow.db")
    'sqlite:////data/mlflow.db'
    """
    return re.sub(r"\?.*", f"?{MASK}", re.sub(r"//.*@", f"//{MASK}@", uri))


def _reason(error: BaseException) -> str:
    """The innermost cause in one line."""
    if isinstance(error, Py4JError | PySparkException):
        return in_one_line(error)
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left on the disk"
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__


def _remedy(reason: str) -> str:
    return next((remedy for word, remedy in _REMEDIES if word in reason.lower()), _REMEDY)


def in_batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items, at most `size` at a time.

    >>> list(in_batches([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    return (items[start : start + size] for start in range(0, len(items), size))
