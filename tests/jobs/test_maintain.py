"""The job that looks after the tables."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from streams.lakes import Lake
from streams.messages import post

ROOT = Path(__file__).parents[2]
COMMAND = [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "maintain.py")]
JAVAS_OWN = "WARNING: Using incubator modules: jdk.incubator.vector\n"


@pytest.mark.slow
def test_without_tables_it_says_where_it_looked(tmp_path: Path) -> None:
    for asked in (["check", "--no-kafka"], ["vacuum", "--hours", "-1"]):
        done = subprocess.run(
            [*COMMAND, *asked, "--work", str(tmp_path)], env=os.environ, capture_output=True, text=True, timeout=120
        )
        code, said = {
            "check": (4, f"there are no tables in {tmp_path}/lake: name the folder with --work, or with paths.lake"),
            "vacuum": (2, "--hours -1: a time is from 0 on"),
        }[asked[0]]
        assert done.returncode == code, done.stderr
        # spark-submit hands on what a Python job says of errors as its output.
        assert (done.stdout + done.stderr).replace(JAVAS_OWN, "") == f"starling: error: {said}\n"


@pytest.mark.slow
def test_a_post_that_is_to_be_forgotten_is_gone_when_the_job_ends_and_its_json_is_all_it_says(lake: Lake) -> None:
    lake.send([post(text="zyxwvu9secret"), post(id="501")])
    lake.drain()
    done = subprocess.run(
        [*COMMAND, "forget", "500", "x:999", "--json"],
        env=os.environ | lake.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert (said["posts"], said["unknown"], said["already_deleted"]) == (["x:500", "x:999"], ["x:999"], 0)
    assert (said["to_come"], said["dashboard"]) == (None, "made anew")
    # The post's own record, and the deletions of both, which a replay must not bring back.
    assert {one["table_name"]: one["rows"] for one in said["erasures"]} == {
        "silver.posts": 1,
        "silver.engagement": 1,
        "bronze.events": 3,
    }
    assert [row["post_id"] for row in lake.rows("silver.posts", "post_id")] == ["501"]
    files = [path for path in Path(lake.settings.lake).rglob("*") if path.is_file()]
    assert not [path for path in files if b"zyxwvu9secret" in path.read_bytes()]
