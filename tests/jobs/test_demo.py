"""The README's first command."""

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
from deltalake import DeltaTable

ROOT = Path(__file__).parents[2]
MODELS = ("starling-hashtag-topics", "starling-word-clusters", "starling-engagement")
pytestmark = pytest.mark.xdist_group("jobs")


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command as the README gives it, in that folder."""
    command = [str(ROOT / "spark-submit.sh"), "--driver-memory", "1g", str(ROOT / "jobs" / "demo.py")]
    # Which authors are held out follows from their pseudonyms: with a key of its own each run would have other ones.
    environment = os.environ | {"STARLING_PRIVACY_PSEUDONYM_KEY": "a key for tests alone"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=800, check=False
    )


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

    second = demo(folder)
    assert second.returncode == 0, second.stderr
    for name in MODELS:
        assert f"{name}: version 1 is champion" in second.stdout
    assert json.loads((work / "summary.json").read_text())["counts"] == counts
    assert not (work / "kafka" / "broker.json").exists(), "the broker is still there"
