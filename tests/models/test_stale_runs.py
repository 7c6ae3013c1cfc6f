"""Runs of trainings that were killed, by SIGKILL and in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from models.registered import Original
from starling.models.registry import Registry
from starling.models.tracking import Tracking
from starling.settings import Settings

ROOT = Path(__file__).parents[2]


def _begin(settings: Settings, name: str) -> tuple[subprocess.Popen[str], str]:
    """A training in a process of its own, and the id of its run."""
    started = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "models" / "killed_training.py"), settings.paths.work, name],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout
    return started, started.stdout.readline().strip()


@pytest.mark.slow
def test_the_run_of_a_killed_training_is_closed_at_the_next_start_and_that_of_a_running_one_is_not(
    mlflow_settings: Settings, registry: Registry, spark: SparkSession, original: Original, name: str
) -> None:
    client = registry.store.client
    tracking = Tracking(mlflow_settings, registry, spark)
    running, its_run = _begin(mlflow_settings, name)
    killed, stale_run = _begin(mlflow_settings, name)
    try:
        assert client.get_run(stale_run).info.status == "RUNNING"
        nested = client.create_run(
            client.get_run(stale_run).info.experiment_id,
            tags={"starling.lease": client.get_run(stale_run).data.tags["starling.lease"]},
        ).info.run_id
        assert tracking.close_stale() == []
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with tracking.training(name) as next_one:
            assert client.get_run(next_one.run_id).info.status == "RUNNING"
            assert client.get_run(its_run).info.status == "RUNNING"
            for run_id in (stale_run, nested):
                closed = client.get_run(run_id)
                assert closed.info.status == "FAILED"
                assert closed.data.tags["starling.reason"] == "its process was killed"
    finally:
        for process in (running, killed):
            process.kill()
            process.communicate()
    assert tracking.close_stale() == [its_run]
    assert tracking.close_stale() == []
