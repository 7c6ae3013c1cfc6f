"""The job that looks after the tables, where there are none yet."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JAVAS_OWN = "WARNING: Using incubator modules: jdk.incubator.vector\n"


@pytest.mark.slow
def test_without_tables_it_says_where_it_looked(tmp_path: Path) -> None:
    command = [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "maintain.py")]
    for asked in (["check", "--no-kafka"], ["vacuum", "--hours", "-1"]):
        done = subprocess.run(
            [*command, *asked, "--work", str(tmp_path)], env=os.environ, capture_output=True, text=True, timeout=120
        )
        code, said = {
            "check": (4, f"there are no tables in {tmp_path}/lake: name the folder with --work, or with paths.lake"),
            "vacuum": (2, "--hours -1: a time is from 0 on"),
        }[asked[0]]
        assert done.returncode == code, done.stderr
        # spark-submit hands on what a Python job says of errors as its output.
        assert (done.stdout + done.stderr).replace(JAVAS_OWN, "") == f"starling: error: {said}\n"
