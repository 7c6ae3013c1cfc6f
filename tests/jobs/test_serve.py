"""The dashboard's job as it is started, under spark-submit, with all its pages and MLflow's beside it."""

import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from jobs.served import run_served
from serving.lake import entry, make_lake, post
from starling.models.store import Store

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_it_serves_every_page_until_it_is_stopped_and_leaves_nothing_that_runs(tmp_path: Path) -> None:
    settings = make_lake(tmp_path / "work", silver_posts=[post(1)], ops_batches=[entry(records=1, posts=1)])
    store = Store(settings).sqlite
    assert store is not None
    store.parent.mkdir(parents=True)
    store.touch()  # MLflow makes its tables in a database without any

    def look(address: str) -> None:
        for page in ("/", "/explore", "/topics", "/bursts", "/analyse", "/trust", "/static/app.js", "/metrics"):
            with urllib.request.urlopen(address + page) as answer:
                assert answer.status == 200
        with urllib.request.urlopen(f"{address}/trust") as answer:
            assert re.search(r'href="http://127\.0\.0\.1:\d+', answer.read().decode())

    command = [str(ROOT / "spark-submit.sh"), str(ROOT / "jobs" / "serve.py"), "--mlflow-ui"]
    command += ["--work", str(tmp_path / "work")]
    code, said = run_served(command, tmp_path, {}, r"Dashboard: (http://\S+)/", look)
    assert code == 130
    assert "Traceback" not in said
    running = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert running.stdout == ""
