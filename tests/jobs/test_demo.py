"""The README's first command."""

import gzip
import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.served import run_served

ROOT = Path(__file__).parents[2]
MODELS = ("starling-hashtag-topics", "starling-word-clusters", "starling-engagement")


COMMAND = [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "demo.py")]
# Which authors are held out follows from their pseudonyms: with a key of its own each run would have other ones.
KEY = {"STARLING_PRIVACY_PSEUDONYM_KEY": "a key for tests alone"}


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command as the README gives it, in that folder; without a terminal it leaves at the end."""
    return subprocess.run(
        COMMAND, cwd=folder, env=os.environ | KEY, capture_output=True, text=True, timeout=800, check=False
    )


def demo_with_dashboard(folder: Path, posts: int) -> tuple[int, str]:
    """Runs it with --serve, and looks at the dashboard; its exit code and all that it said."""

    def look(address: str) -> None:
        with urllib.request.urlopen(f"{address}/api/explore") as answer:
            assert json.load(answer)["summary"]["whole"]["posts"] == posts

    return run_served([*COMMAND, "--serve"], folder, KEY, r"The dashboard on it: (http://\S+)/", look)


def bundled() -> tuple[int, set[str]]:
    """How many records the bundled files hold, and the ids of those that are posts of their own."""
    records, posts = 0, set()
    for path in (ROOT / "data").glob("*.jsonl.gz"):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            records += 1
            row = json.loads(line)
            if "data" in row:
                if all(ref["type"] != "retweeted" for ref in row["data"].get("referenced_tweets") or []):
                    posts.add(row["data"]["id"])
            elif not row["is_retweet"]:
                posts.add(row["status_id"])
    return records, posts


def invariants(folder: Path) -> dict[str, str]:
    """What jobs/maintain.py says of each invariant of the tables there."""
    command = [*COMMAND[:-1], str(ROOT / "jobs" / "maintain.py"), "check", "--json"]
    done = subprocess.run(command, cwd=folder, env=os.environ | KEY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["invariant"]: one["state"] for one in json.loads(done.stdout)["invariants"]}


@pytest.mark.slow
@pytest.mark.timeout(1700)
def test_it_accounts_for_every_bundled_post_and_doubles_nothing_when_it_runs_again(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    work = folder / "work"
    records, posts = bundled()
    first = demo(folder)
    assert first.returncode == 0, first.stderr
    assert "Ledger: balanced" in first.stdout
    assert f"  {records:,} records read = {len(posts):,} posts + " in first.stdout
    assert "Traceback" not in first.stderr

    summary = json.loads((work / "summary.json").read_text())
    assert summary["ledger_balanced"] is True
    counts = summary["counts"]
    assert counts["bronze.events"] == counts["records"] == records
    assert counts["silver.posts"] == counts["posts"] == len(posts)
    assert counts["engagement"] == records - len(posts)
    assert counts["silver.rejected"] == counts["duplicates"] == counts["repeated"] == 0
    found = DeltaTable(summary["tables"]["silver.posts"]).to_pyarrow_table(columns=["post_id"])
    assert sorted(found["post_id"].to_pylist()) == sorted(posts)

    # Models are trained, beat their baselines, and have scored every post.
    for name in MODELS:
        assert f"{name}: promoted to champion" in first.stdout
    assert counts["gold.post_scores"] == len(posts)
    assert f"mlflow ui --backend-store-uri 'sqlite:///{work}/mlflow/mlflow.db'" in first.stdout

    code, second = demo_with_dashboard(folder, len(posts))
    assert code == 0, second
    for name in MODELS:
        assert f"{name}: version 1 is champion" in second
    assert "The dashboard on it: http://127.0.0.1:" in second
    assert "Traceback" not in second
    assert json.loads((work / "summary.json").read_text())["counts"] == counts
    assert not (work / "kafka" / "broker.json").exists(), "the broker is still there"

    found_of = invariants(folder)
    assert {"kafka = bronze", "bronze = silver", "gold.hashtag_trends"} < found_of.keys()
    assert set(found_of.values()) == {"ok"}
