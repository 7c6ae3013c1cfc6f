"""Trainings as MLflow runs: one run a training, what it tried as nested runs, and its model as a new version."""

import getpass
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession

from starling.broker import locks
from starling.errors import ModelError, StarlingError
from starling.failures import in_one_line
from starling.models.checkout import commit
from starling.models.recording import Training
from starling.models.registry import Registry
from starling.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities import Experiment

LEASE_TAG = "starling.lease"
REASON_TAG = "starling.reason"
_EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}  # so that the UI shows runs, not chats
_LONGEST_REASON = 1_000


class Tracking:
    """Records trainings at the settings' MLflow. All that cannot be done is a ModelError.

    A run holds a locked file in the work folder while it lasts: of a killed process the kernel frees it, and so
    `close_stale` knows a run that is still going from one that only looks so.
    """

    def __init__(self, settings: Settings, registry: Registry, spark: SparkSession) -> None:
        self._settings = settings
        self._registry = registry
        self._store = registry.store
        self._spark = spark

    @contextmanager
    def training(self, name: str) -> Iterator[Training]:
        """A run of a training of the model `name`: FAILED, with the reason, where the training fails.

        Runs that killed trainings left behind are closed first.
        """
        self.close_stale()
        with self._store.asking(f"a run of {name} cannot be begun"):
            self._store.check_writable()
            lease, lock = self._leased()
        with lock:
            with self._store.asking(f"a run of {name} cannot be begun"):
                run_id, experiment_id = self._begin(name, lease.name)
            try:
                yield Training(
                    run_id, experiment_id, {LEASE_TAG: lease.name}, self._settings, self._registry, self._spark
                )
            except BaseException as error:
                with suppress(ModelError):  # MLflow is gone: the lease stays, and the next training closes the run
                    self._close(
                        lease.name, _reason(error), "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
                    )
                    lease.unlink()
                raise
            with self._store.asking(f"the run {run_id} cannot be ended"):
                self._store.client.set_terminated(run_id)
            lease.unlink()

    def close_stale(self) -> list[str]:
        """Ends the runs that killed trainings of this work folder left RUNNING as FAILED; returns their ids."""
        closed: list[str] = []
        for lease in sorted(self._leases.iterdir()) if self._leases.exists() else []:
            lock = locks.take(lease)
            if lock is not None:  # else it belongs to a training that is going on
                with lock:
                    closed += self._close(lease.name, "its process was killed", "FAILED")
                    lease.unlink(missing_ok=True)
        return closed

    @property
    def _leases(self) -> Path:
        return self._store.folder / "running"

    def _leased(self) -> tuple[Path, locks.Lock]:
        """A locked file of a name that no run had. It is there before its run, so that no run is without one."""
        self._leases.mkdir(parents=True, exist_ok=True)
        while True:
            path = self._leases / uuid.uuid4().hex
            lock = locks.take(path)
            if lock is not None and path.exists():
                return path, lock
            # Somebody who looked for killed runs was between its making and its locking, and has taken or removed it.
            if lock is not None:
                lock.release()

    def _close(self, lease: str, reason: str, status: str) -> list[str]:
        with self._store.asking("runs that have ended cannot be closed"):
            client = self._store.client
            experiments = [one.experiment_id for one in client.search_experiments()]
            query = f"tags.`{LEASE_TAG}` = '{lease}' AND attributes.status = 'RUNNING'"
            runs = [str(run.info.run_id) for run in client.search_runs(experiments, query)]
            for run_id in runs:
                client.set_tag(run_id, REASON_TAG, self._store.scrubbed(reason)[:_LONGEST_REASON])
                client.set_terminated(run_id, status)
        return runs

    def _begin(self, name: str, lease: str) -> tuple[str, str]:
        experiment_id = str(self._experiment(name).experiment_id)
        tags = {
            LEASE_TAG: lease,
            "starling.host": socket.gethostname(),
            "mlflow.source.name": Path(sys.argv[0]).name,
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": commit(),
            "mlflow.user": _user(),
        }
        began = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]  # two may begin within a second
        run = self._store.client.create_run(experiment_id, tags=tags, run_name=f"{name} {began}")
        return str(run.info.run_id), experiment_id

    def _experiment(self, name: str) -> "Experiment":
        """One experiment a model, so that all runs that the UI lists side by side have the same metrics."""
        from mlflow.exceptions import MlflowException

        client = self._store.client
        found = client.get_experiment_by_name(name)
        if found is None:
            place = (self._store.folder / "artifacts" / name).as_uri() if self._store.is_default else None
            with suppress(MlflowException):  # made by another training, since
                client.create_experiment(name, artifact_location=place, tags=_EXPERIMENT_TAGS)
            found = client.get_experiment_by_name(name)
        if found is None:
            raise ModelError(f"MLflow at {self._store.shown}: the experiment {name} cannot be made")
        return found


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, StarlingError) else in_one_line(error)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
